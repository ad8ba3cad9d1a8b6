// Bundle OpenLayers for the viewers, and note where the same version lies on the CDN.
//
//   out  src/tilewright/django/static/tilewright/vendor/ol.js         the bundle (ignored by git)
//        src/tilewright/django/static/tilewright/vendor/LICENSES.txt  of the packages in it
//        src/tilewright/site/openlayers.json                          address and integrity hash
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const python = join(here, "..", "src", "tilewright");
const vendor = join(python, "django", "static", "tilewright", "vendor");

const { version } = JSON.parse(await readFile(join(here, "node_modules/ol/package.json"), "utf8"));

async function bundle() {
  const result = await build({
    absWorkingDir: here,
    entryPoints: ["ol.js"],
    bundle: true,
    minify: true,
    format: "iife",
    target: ["es2022"],
    legalComments: "none",
    metafile: true,
    write: false,
    banner: { js: `/* OpenLayers ${version}, the part used here; see LICENSES.txt */` },
  });
  return { code: result.outputFiles[0].text, inputs: Object.keys(result.metafile.inputs) };
}

async function licenses(inputs) {
  const names = new Set(
    inputs.map((path) => path.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1]).filter(Boolean),
  );
  const texts = [];
  for (const name of [...names].sort()) {
    const folder = join(here, "node_modules", name);
    const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
    if (!file) throw new Error(`${name} has no licence file`);
    texts.push(`${name}\n\n${(await readFile(join(folder, file), "utf8")).trim()}\n`);
  }
  return texts.join(`\n${"-".repeat(72)}\n\n`);
}

async function cdn() {
  const full = await readFile(join(here, "node_modules/ol/dist/ol.js"));
  const digest = createHash("sha384").update(full).digest("base64");
  return {
    version,
    url: `https://cdn.jsdelivr.net/npm/ol@${version}/dist/ol.js`,
    integrity: `sha384-${digest}`,
  };
}

async function put(path, text) {
  await writeFile(`${path}.part`, text);
  await rename(`${path}.part`, path);
}

const { code, inputs } = await bundle();
await rm(vendor, { recursive: true, force: true });
await mkdir(vendor, { recursive: true });
await put(join(vendor, "LICENSES.txt"), await licenses(inputs));
await put(join(python, "site", "openlayers.json"), `${JSON.stringify(await cdn(), null, 2)}\n`);
// Last, as its age tells scripts/build-frontend whether there is anything to do.
await put(join(vendor, "ol.js"), code);
console.log(`OpenLayers ${version}: ${Math.round(code.length / 1024)} kB for the viewers`);
