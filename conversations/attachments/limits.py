"""What an upload may be and cost: every number with its unit and its source."""

MAX_UPLOAD_BYTES = 32 * 1024 * 1024  # API limit of one whole request, PDF guide

MAX_SIDE_PIXELS = 8000  # API limit of an image, vision guide
# Ours, against decompression bombs: of this size, a photograph took 110 MB to read, a
# PNG 210 MB, and the worst (progressive CMYK without subsampling) 390 MB.
MAX_PIXELS = 40_000_000
# libwebp holds four canvases at once: 290 MB at this size.
MAX_WEBP_PIXELS = 14_000_000

# The 21st image of a request limits every side in the history to this, vision guide.
SENT_SIDE_PIXELS = 2000
# 5 MB of base64, the smallest limit of all platforms; base64 makes 4 bytes of 3.
MAX_SENT_IMAGE_BYTES = 5_000_000 // 4 * 3
# Ours: text and drawings stay lossless below it; twenty of them fit a request.
MAX_LOSSLESS_BYTES = 1_100_000
THUMBNAIL_SIDE_PIXELS = 480  # ours: a chip of 240 CSS pixels on a dense screen

MAX_PDF_PAGES = 600  # API limit, PDF guide

# Ours: the largest window is a million tokens, and a token has about four characters.
MAX_TEXT_CHARACTERS = 4_000_000

# Ours, against ZIP bombs: more than the text above can be made of.
MAX_UNPACKED_BYTES = 100 * 1024 * 1024
MAX_PACKAGE_ENTRIES = 10_000  # ours: a presentation of 600 slides has 3,000

MAX_NAME_CHARACTERS = 200  # ours: fits the column and one line of a chip

LINK_SECONDS = 30.0  # ours: 32 MB at 9 Mbit/s; a person waits for it

CHILD_CPU_SECONDS = 5  # ours: the slowest allowed picture (WebP noise) took 3 s
CONVERSION_CPU_SECONDS = 20  # ours: 4 million characters of a web page took 9 s
CHILD_WAIT_SECONDS = 60  # ours: the same processor time on a very busy machine
CHILD_MEMORY_BYTES = 512 * 1024 * 1024  # ours: see MAX_PIXELS, and room
CHILD_OPEN_FILES = 64  # ours: imports and pdfium's fonts need less than 20
CHILD_NICENESS = 5  # running answers go first
CHILDREN_AT_ONCE = 2  # ours: their memory adds up
