/** Why a message cannot be sent now, in words. */

/**
 * @param {{isBusy: boolean, uploading: number, failed: number, length: number, limit: number}} state
 * @returns {string} empty when nothing stands in the way
 */
export function hindranceOf({ isBusy, uploading, failed, length, limit }) {
  if (isBusy) return "Claude is still answering. Send when it is done, or press Stop.";
  if (uploading) return `Waiting for ${uploading} ${uploading === 1 ? "upload" : "uploads"}…`;
  if (failed)
    return `${failed} ${failed === 1 ? "file was" : "files were"} not uploaded. Try again or remove.`;
  if (length > limit)
    return `Too long: ${grouped(length)} of ${grouped(limit)} characters. Attach it as a file.`;
  return "";
}

/** @param {number} count */
function grouped(count) {
  return count.toLocaleString("en");
}
