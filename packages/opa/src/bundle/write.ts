import { jsonText } from "@sallyport/rego";
import type { Bundle, BundleFile, ModuleFile } from "./bundle.ts";
import { isEmptyManifest, manifestText } from "./manifest.ts";
import { type SigningConfig, signFiles } from "./sign.ts";
import { signaturesPath, signaturesText } from "./signatures.ts";

/** The text of a module as it goes into the bundle: formatted, or as it was written. */
export type ModuleText = (module: ModuleFile) => string;

/**
 * The files of a bundle, in the order in which OPA writes them: documents, modules by their place, WebAssembly, plans, signatures, manifest.
 * With `signing` they get a new signature; else that of the bundle stays.
 */
export function bundleFiles(bundle: Bundle, textOf: ModuleText, signing?: SigningConfig): readonly BundleFile[] {
  const data = bundle.patch === undefined ? dataFile(bundle) : patchFile(bundle);
  const modules = bundle.patch === undefined ? moduleFiles(bundle, textOf) : [];
  const manifest = isEmptyManifest(bundle.manifest) ? [] : [fileOf(".manifest", manifestText(bundle.manifest))];
  const signatures = signing === undefined ? bundle.signatures : signFiles([...modules, data, ...manifest], signing);
  const signed = signatures === undefined ? [] : [fileOf(signaturesPath, signaturesText(signatures))];
  return [data, ...modules, ...signed, ...manifest];
}

function dataFile({ data }: Bundle): BundleFile {
  return fileOf("data.json", `${jsonText(data)}\n`);
}

function moduleFiles({ modules, wasmModules, planModules }: Bundle, textOf: ModuleText): readonly BundleFile[] {
  const sorted = modules.toSorted((a, b) => (a.url < b.url ? -1 : a.url > b.url ? 1 : 0));
  return [
    ...sorted.map((module) => fileOf(pathOf(module.url), textOf(module))),
    ...[...wasmModules, ...planModules].map(({ url, bytes }) => ({ path: pathOf(url), bytes })),
  ];
}

function patchFile({ patch = [] }: Bundle): BundleFile {
  const data = patch.map(({ op, path, value = null }) => ({ op, path, value }));
  return fileOf("patch.json", `${jsonText({ data })}\n`);
}

function pathOf(url: string): string {
  return url.replace(/^\/+/, "");
}

function fileOf(path: string, text: string): BundleFile {
  return { path, bytes: new TextEncoder().encode(text) };
}
