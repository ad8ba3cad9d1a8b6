"""The faces of maps: TileJSON, TMS, WMTS, WMS and OGC API, each strings ↔ values."""
