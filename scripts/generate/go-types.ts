import { globSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The folder `pkg/apis` of k8s.io/kubernetes, whose types kube-apiserver shows where it refuses a whole struct. */
const internalVariable = "SALLYPORT_INTERNAL_TYPES";

/** The Go modules with the types of the API, as `protobuf.ts` reads them. */
const folderVariable = "SALLYPORT_PROTO";

/** A type declared in a package: its text behind the name. */
type Declared = ReadonlyMap<string, string>;

/**
 * What refusals tell of Go's types and nothing else does: the fields of internal structs in their order, and which strings of the
 * API's structs have a type of their own. Nothing without the folders that the variables name.
 */
export function generateGoTypes(root: string): readonly string[] {
  const [internal, folders] = [process.env[internalVariable], process.env[folderVariable]];
  if (internal === undefined || folders === undefined) {
    console.log(`skipped go-types: set ${internalVariable} to pkg/apis of k8s.io/kubernetes, and ${folderVariable}`);
    return [];
  }
  return [
    write(join(root, "packages/kube/src/data/internal.generated.json"), internalStructs(internal)),
    write(join(root, "packages/kube/src/data/named-types.generated.json"), namedStrings(folders)),
  ];
}

function write(file: string, entries: ReadonlyMap<string, string>): string {
  const lines = [...entries]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, text]) => `${JSON.stringify(name)}:${JSON.stringify(text)}`);
  writeFileSync(file, `{\n${lines.join(",\n")}\n}\n`);
  return file;
}

function declaredIn(source: string): Declared {
  const plain = source.replaceAll(/\/\/.*$/gm, "").replaceAll(/\/\*.*?\*\//gs, "");
  const structs = [...plain.matchAll(/^type (\w+) struct \{\n(.*?)^\}/gms)].map(
    ([, name = "", body = ""]) => [name, `{${body}`] as const,
  );
  const others = [...plain.matchAll(/^type (\w+) (?!struct|interface)=? ?(\S.*)$/gm)].map(
    ([, name = "", text = ""]) => [name, text.trim()] as const,
  );
  return new Map([...structs, ...others]);
}

/** By `package.Type`, its fields: `Name type`, of an embedded struct the type alone; separated by commas. */
function internalStructs(folder: string): ReadonlyMap<string, string> {
  const packages = new Map<string, Declared>();
  for (const file of globSync(`${folder}/*/types.go`))
    packages.set(dirname(file).split("/").at(-1) ?? "", declaredIn(readFileSync(file, "utf8")));
  const structs = new Map<string, string>();
  for (const [name, declared] of packages)
    for (const [type, text] of declared) {
      if (!text.startsWith("{") || /^\s+metav1\.(TypeMeta|ListMeta)/m.test(text)) continue;
      structs.set(`${name}.${type}`, fieldsOf(text.slice(1), name, packages).join(","));
    }
  return structs;
}

function fieldsOf(body: string, own: string, packages: ReadonlyMap<string, Declared>): readonly string[] {
  return body
    .split("\n")
    .map((line) => line.trim().replace(/\s*`.*$/, ""))
    .filter(Boolean)
    .map((line) => {
      const [first = "", ...rest] = line.split(/\s+/);
      return rest.length === 0 ? written(first, own, packages) : `${first} ${written(rest.join(" "), own, packages)}`;
    });
}

/** `^` before what is pointed at, `*` before the items of a list, `<` before the values of a map. */
function written(type: string, own: string, packages: ReadonlyMap<string, Declared>): string {
  if (type === "[]byte") return "bytes";
  if (type.startsWith("*")) return `^${written(type.slice(1), own, packages)}`;
  if (type.startsWith("[]")) return `*${written(type.slice(2), own, packages)}`;
  const map = /^map\[[^\]]+\](.+)$/.exec(type);
  if (map !== null) return `<${written(map[1] ?? "", own, packages)}`;
  if (!type.includes(".")) {
    const declared = packages.get(own)?.get(type);
    if (declared === undefined) return type;
    return declared.startsWith("{") ? `${own}.${type}` : written(declared, own, packages);
  }
  const [alias = "", name = ""] = type.split(".");
  const other = alias === "api" ? "core" : alias;
  return packages.has(other) ? written(name, other, packages) : `${other}.${name}`;
}

/** By a struct's full name, its fields that are strings of a named type: `field package.Type`, separated by commas. */
function namedStrings(folders: string): ReadonlyMap<string, string> {
  const files = folders.split(":").flatMap((folder) => globSync(`${folder}/**/generated.proto`));
  const found = new Map<string, string>();
  for (const file of files) {
    const packageName = /^package\s+([\w.]+);/m.exec(readFileSync(file, "utf8"))?.[1] ?? "";
    const sources = globSync(`${dirname(file)}/*.go`).filter((source) => !/_test\.go$|generated/.test(source));
    const texts = sources.map((source) => readFileSync(source, "utf8"));
    const declared = new Map(texts.flatMap((text) => [...declaredIn(text)]));
    for (const [type, text] of declared)
      if (text.startsWith("{")) {
        const fields = namedFields(text.slice(1), declared, packageName.split(".").at(-1) ?? "");
        if (fields.length > 0) found.set(`${packageName}.${type}`, fields.join(","));
      }
  }
  return found;
}

function namedFields(body: string, declared: Declared, own: string): readonly string[] {
  return [...body.matchAll(/^\s+\w+\s+(\S+)\s+`[^`]*json:"(\w+)/gm)].flatMap(([, type = "", field = ""]) => {
    const item = type.replace(/^(\*|\[\]|map\[[^\]]+\])+/, "");
    if (declared.get(item) === "string") return [`${field} ${own}.${item}`];
    const foreign = /^(?:core|meta|autoscaling)?(v\d\w*|types)\.(\w+)$/.exec(item);
    return foreign !== null && isNamedString(foreign[2] ?? "") ? [`${field} ${foreign[1]}.${foreign[2]}`] : [];
  });
}

/** Strings that structs take from other packages. */
function isNamedString(name: string): boolean {
  return foreignStrings.has(name);
}

const foreignStrings: ReadonlySet<string> = new Set([
  "UID",
  "ConditionStatus",
  "LabelSelectorOperator",
  "NodeSelectorOperator",
  "PersistentVolumeAccessMode",
  "PersistentVolumeReclaimPolicy",
  "Protocol",
  "ResourceName",
  "TaintEffect",
  "TolerationOperator",
  "TopologySelectorTerm",
]);
