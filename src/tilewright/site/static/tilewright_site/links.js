// Addresses of this image for other map programs.

const SERVICES = [
  {
    name: "XYZ tiles",
    path: (api) => `${api}tiles/WebMercatorQuad/{z}/{x}/{y}.png`,
    use: "QGIS: in the Browser panel, XYZ Tiles, New Connection, as URL.",
  },
  {
    name: "WMTS",
    path: (api, root) => `${root}wmts/1.0.0/WMTSCapabilities.xml`,
    use: "QGIS: Layer, Add Layer, Add WMS/WMTS Layer, New, as URL; then choose the image.",
  },
  {
    name: "WMS",
    path: (api, root) => `${root}wms?`,
    use: "QGIS: as for WMTS. It also tells the values of a place (Identify Features).",
  },
  {
    name: "TMS",
    path: (api, root, id) => `${root}tms/1.0.0/${id}/WebMercatorQuad/png/{z}/{x}/{-y}.png`,
    use: "QGIS: as for XYZ tiles. Rows are counted from the south.",
  },
  {
    name: "OGC API",
    path: (api, root) => `${root}ogc/`,
    use: "QGIS: Layer, Add Layer, Add Raster Layer, source type OGC API, as endpoint.",
  },
  {
    name: "TileJSON",
    path: (api) => `${api}tilejson.json`,
    use: "For maps on web pages, such as MapLibre's; QGIS takes the XYZ tiles that it names.",
  },
];

/** Fill the list of addresses, each with a button that copies it. */
export function fillLinks(list, { api, root, copy }) {
  const id = api.split("/").filter(Boolean).at(-1);
  const base = location.origin;
  list.replaceChildren(
    ...SERVICES.map(({ name, path, use }) => row(name, base + path(api, root, id), use, copy)),
  );
  list.querySelector("button").autofocus = true; // of the dialog, once it opens
}

function row(name, address, use, copy) {
  const item = document.getElementById("link").content.firstElementChild.cloneNode(true);
  const [field, button] = [item.querySelector("input"), item.querySelector("button")];
  item.querySelector("label").firstElementChild.textContent = name;
  item.querySelector("p").textContent = use;
  field.value = address;
  field.addEventListener("focus", () => field.select());
  button.ariaLabel = `Copy the address of ${name}`;
  button.addEventListener("click", () => copy(address, field));
  return item;
}
