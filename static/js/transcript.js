/** The admin's transcript: code is coloured and formulas are drawn, nothing else. */

import { enhance } from "./enhance.js";

enhance(document.getElementById("transcript"));
