/** The page of an answer's requests: its texts get their copy buttons. */

import { enhance } from "./enhance.js";

enhance(document.querySelector("main"));
