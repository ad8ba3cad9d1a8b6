// Which format tiles are asked in.

/** JPEG is small; PNG where some pixels are to be seen through. Floats may hold "no number". */
export function tileFormat({ bands, dtype, masked }) {
  const clear = (band) => band.nodata !== null || /alpha|palette/.test(band.interpretation);
  const seeThrough = masked || dtype.startsWith("float") || Object.values(bands).some(clear);
  return seeThrough ? "png" : "jpeg";
}
