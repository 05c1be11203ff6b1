import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import schemas from "../../packages/kube/src/data/schemas.generated.json" with { type: "json" };

/** `zz_generated.openapi.go` of k8s.io/kubernetes, in `pkg/generated/openapi`. */
const fileVariable = "SALLYPORT_OPENAPI_GO";

/** What Go's packages are called in names of functions, and in names of schemas. */
const packages: readonly (readonly [prefix: string, name: string])[] = [
  ["k8sio_api_", "io.k8s.api."],
  ["pkg_apis_meta_", "io.k8s.apimachinery.pkg.apis.meta."],
  ["pkg_apis_apiextensions_", "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions."],
  ["pkg_apis_apiregistration_", "io.k8s.kube-aggregator.pkg.apis.apiregistration."],
];

/** What OpenAPI says of a field's values. */
interface Values {
  /** The default. */
  d?: unknown;
  /** All values there are, of the field or of its items. */
  e?: readonly string[];
}

/**
 * Defaults, enumerations and unions of the schemas that are served: of them the checked-in OpenAPI of Kubernetes knows nothing. Nothing
 * without the file that the variable names.
 */
export function generateOpenApiValues(root: string): readonly string[] {
  const source = process.env[fileVariable];
  if (source === undefined) {
    console.log(`skipped openapi-values: set ${fileVariable} to zz_generated.openapi.go of k8s.io/kubernetes`);
    return [];
  }
  const file = join(root, "packages/kube/src/data/openapi-values.generated.json");
  writeFileSync(file, openApiValuesText(readFileSync(source, "utf8")));
  return [file];
}

/** The text of `openapi-values.generated.json`, a type on each line. */
export function openApiValuesText(source: string): string {
  const lines = [...typesIn(source)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, values]) => `${JSON.stringify(name)}:${JSON.stringify(values)}`);
  return `{\n${lines.join(",\n")}\n}\n`;
}

function* typesIn(source: string): Generator<readonly [name: string, type: object]> {
  for (const [, goName = "", body = ""] of source.matchAll(/^func schema_(\w+)\(.*?\{\n(.*?)^\}/gms)) {
    const name = schemaNameOf(goName);
    if (name === undefined || !Object.hasOwn(schemas, name)) continue;
    const fields = Object.fromEntries(fieldsIn(body));
    const union = unionIn(body);
    if (Object.keys(fields).length === 0 && union === undefined) continue;
    yield [name, { ...(Object.keys(fields).length > 0 && { f: fields }), ...(union && { u: [union] }) }];
  }
}

function schemaNameOf(goName: string): string | undefined {
  const [prefix, name] = packages.find(([each]) => goName.startsWith(each)) ?? [];
  return prefix === undefined ? undefined : `${name}${goName.slice(prefix.length).replaceAll("_", ".")}`;
}

/** Constants of Go that are defaults. */
const constants: { readonly [name: string]: string } = {
  "corev1.AzureDataDiskCachingReadWrite": "ReadWrite",
  "corev1.AzureSharedBlobDisk": "Shared",
};

/** Throws for what is neither a literal nor a constant that is known. */
function literalOf(text: string): unknown {
  if (/^map\[string\]interface ?\{\}\{\}$/.test(text)) return {};
  return constants[text] ?? JSON.parse(text);
}

/** Properties stand five tabs deep, what they say of themselves two tabs deeper. */
function* fieldsIn(body: string): Generator<readonly [field: string, values: Values]> {
  for (const [, field = "", text = ""] of body.matchAll(/^\t{5}"([^"]+)": \{\n(.*?)^\t{5}\}/gms)) {
    const values: Values = {};
    const found = /^\t{7}Default: +(.*),$/m.exec(text)?.[1];
    if (found !== undefined) values.d = literalOf(found);
    const all = /^\t+Enum: +\[\]interface\{\}\{(.*)\},$/m.exec(text)?.[1];
    if (all !== undefined) values.e = JSON.parse(`[${all}]`);
    if (Object.keys(values).length > 0) yield [field, values];
  }
}

function unionIn(body: string): object | undefined {
  const text = /"x-kubernetes-unions": (.*)/s.exec(body)?.[1];
  if (text === undefined) return undefined;
  const discriminator = /"discriminator": "(\w+)"/.exec(text)?.[1];
  const fields = /"fields-to-discriminateBy": map\[string\]interface\{\}\{\n(.*?)\}/s.exec(text)?.[1] ?? "";
  return {
    ...(discriminator && { discriminator }),
    "fields-to-discriminateBy": Object.fromEntries(
      [...fields.matchAll(/"(\w+)": +"(\w+)"/g)].map(([, field, value]) => [field, value]),
    ),
  };
}
