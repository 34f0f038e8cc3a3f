/**
 * One animation-frame loop for all live messages: a delta only marks its stream, and a
 * flush that was dear makes the loop leave frames to input.
 */

const BUDGET_MS = 8;
const HIDDEN_INTERVAL_MS = 1000;

const waiting = new Set();
let framesToSkip = 0;
let frame = 0;
let timer = 0;

/** Calls stream.flush() once, in one of the next frames. */
export function requestFlush(stream) {
  waiting.add(stream);
  arm();
}

/** Forgets a request; the stream was flushed or ended otherwise. */
export function cancelFlush(stream) {
  waiting.delete(stream);
}

function arm() {
  if (document.hidden) {
    // A hidden page gets no frames.
    timer ||= setTimeout(run, HIDDEN_INTERVAL_MS);
  } else {
    frame ||= requestAnimationFrame(run);
  }
}

function run() {
  disarm();
  if (framesToSkip > 0 && !document.hidden) {
    framesToSkip--;
  } else {
    const started = performance.now();
    const streams = [...waiting];
    waiting.clear();
    for (const stream of streams) stream.flush();
    framesToSkip = Math.floor((performance.now() - started) / BUDGET_MS);
  }
  if (waiting.size) arm();
}

function disarm() {
  cancelAnimationFrame(frame);
  clearTimeout(timer);
  frame = 0;
  timer = 0;
}

document.addEventListener("visibilitychange", () => {
  disarm();
  if (waiting.size) arm();
});
