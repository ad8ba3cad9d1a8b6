// The part of OpenLayers that the viewer uses, under the names of the full build (dist/ol.js),
// so that the viewer cannot tell which of the two the page has loaded.
import Feature from "ol/Feature.js";
import Map from "ol/Map.js";
import View from "ol/View.js";
import MultiLineString from "ol/geom/MultiLineString.js";
import Point from "ol/geom/Point.js";
import { defaults } from "ol/interaction/defaults.js";
import Graticule from "ol/layer/Graticule.js";
import TileLayer from "ol/layer/Tile.js";
import VectorLayer from "ol/layer/Vector.js";
import Projection from "ol/proj/Projection.js";
import { fromLonLat, getPointResolution, toLonLat } from "ol/proj.js";
import TileImage from "ol/source/TileImage.js";
import VectorSource from "ol/source/Vector.js";
import Circle from "ol/style/Circle.js";
import Fill from "ol/style/Fill.js";
import Stroke from "ol/style/Stroke.js";
import Style from "ol/style/Style.js";
import Text from "ol/style/Text.js";
import TileGrid from "ol/tilegrid/TileGrid.js";

globalThis.ol = {
  Feature,
  Map,
  View,
  geom: { MultiLineString, Point },
  interaction: { defaults: { defaults } },
  layer: { Graticule, Tile: TileLayer, Vector: VectorLayer },
  proj: { Projection, fromLonLat, getPointResolution, toLonLat },
  source: { TileImage, Vector: VectorSource },
  style: { Circle, Fill, Stroke, Style, Text },
  tilegrid: { TileGrid },
};
