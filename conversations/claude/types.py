"""The API's JSON as plain dicts: kept verbatim, never modelled."""

from typing import Any

type Json = dict[str, Any]
type Block = Json
type Delta = Json
type Event = Json
type Message = Json
type Params = Json
type Usage = Json
