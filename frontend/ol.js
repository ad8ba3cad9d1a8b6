// The part of OpenLayers that the viewer uses, under the names of the full build (dist/ol.js),
// so that the viewer cannot tell which of the two the page has loaded.
import Map from "ol/Map.js";
import View from "ol/View.js";
import { defaults } from "ol/interaction/defaults.js";
import TileLayer from "ol/layer/Tile.js";
import Projection from "ol/proj/Projection.js";
import TileImage from "ol/source/TileImage.js";
import TileGrid from "ol/tilegrid/TileGrid.js";

globalThis.ol = {
  Map,
  View,
  interaction: { defaults: { defaults } },
  layer: { Tile: TileLayer },
  proj: { Projection },
  source: { TileImage },
  tilegrid: { TileGrid },
};
