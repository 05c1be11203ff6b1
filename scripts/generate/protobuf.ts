import { globSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The Go modules whose `generated.proto` files hold the field numbers; any folder that contains them will do. */
const folderVariable = "SALLYPORT_PROTO";

/**
 * Field numbers of every type, out of the `generated.proto` files below `SALLYPORT_PROTO` and the tags of the Go types beside them;
 * nothing without it.
 */
export function generateProtobuf(root: string): readonly string[] {
  const folders = process.env[folderVariable];
  if (folders === undefined) {
    console.log(`skipped protobuf: set ${folderVariable} to folders of k8s.io/api, apimachinery, … separated by ":"`);
    return [];
  }
  const files = folders
    .split(":")
    .flatMap((folder) => globSync(`${folder}/**/generated.proto`))
    .sort();
  const messages = new Map<string, string>();
  for (const file of files)
    for (const [name, fields] of messagesOf(readFileSync(file, "utf8"), tagsBeside(file))) messages.set(name, fields);
  const lines = [...messages]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, fields]) => `${JSON.stringify(name)}:${JSON.stringify(fields)}`);
  const file = join(root, "packages/kube/src/data/protobuf.generated.json");
  writeFileSync(file, `{\n${lines.join(",\n")}\n}\n`);
  return [file];
}

/** What only the Go types tell of a field: its name in JSON, which is not always protobuf's, and flags. */
interface Tagged {
  readonly json: string;
  readonly flag: string;
}

/**
 * By `TYPE NUMBER`. Of the flags `p` is a pointer, written only when it is there, `o` is left out of JSON
 * when it is empty, `i` has no name in JSON and lends its own fields to the type.
 */
function tagsBeside(file: string): ReadonlyMap<string, Tagged> {
  const found = new Map<string, Tagged>();
  for (const source of globSync(`${dirname(file)}/*.go`)) {
    if (/_test\.go$|generated/.test(source)) continue;
    for (const [, type, body = ""] of readFileSync(source, "utf8").matchAll(/^type (\w+) struct \{\n(.*?)^\}/gms))
      for (const [, declared = "", tags = ""] of body.matchAll(/^\s+([^\s`/][^`\n]*?)\s+`([^`]*)`/gm)) {
        const number = /protobuf:"\w+,(\d+)/.exec(tags)?.[1];
        const json = /json:"([^"]*)"/.exec(tags)?.[1] ?? "";
        const words = declared.split(/\s+/);
        const isPointer = words.at(-1)?.startsWith("*") === true;
        const isInline = json.includes(",inline") || (words.length === 1 && json === "");
        const flag = `${isPointer ? "p" : ""}${/,omit(empty|zero)/.test(json) ? "o" : ""}${isInline ? "i" : ""}`;
        if (number !== undefined)
          found.set(`${type} ${number}`, { json: json.split(",")[0]?.replace(/^-$/, "") ?? "", flag });
      }
  }
  return found;
}

/** `name number type`, flags behind the number, `*` before a repeated type, `<` before a map's value type; separated by commas. */
function messagesOf(text: string, tags: ReadonlyMap<string, Tagged>): readonly (readonly [string, string])[] {
  const packageName = /^package\s+([\w.]+);/m.exec(text)?.[1] ?? "";
  const plain = text.replaceAll(/\/\/.*$/gm, "");
  return [...plain.matchAll(/message\s+(\w+)\s*\{([^}]*)\}/g)].map(([, name = "", body = ""]) => {
    const fields = [
      ...body.matchAll(
        /(optional|repeated|required)?\s*(map\s*<\s*\w+\s*,\s*([\w.]+)\s*>|[\w.]+)\s+(\w+)\s*=\s*(\d+)/g,
      ),
    ].map(([, label, type = "", value, field = "", number = ""]) => {
      const written =
        value === undefined
          ? `${label === "repeated" ? "*" : ""}${qualify(type, packageName)}`
          : `<${qualify(value, packageName)}`;
      const tagged = tags.get(`${name} ${number}`);
      return `${tagged?.json || field} ${number}${tagged?.flag ?? ""} ${written}`;
    });
    return [`${packageName}.${name}`, fields.join(",")] as const;
  });
}

function qualify(type: string, packageName: string): string {
  const name = type.replace(/^\./, "");
  if (/^(string|bytes|bool|int32|int64|uint32|uint64|double|float|sint64|fixed64)$/.test(name)) return name;
  return name.includes(".") ? name : `${packageName}.${name}`;
}
