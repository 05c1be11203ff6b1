import { isEmptyManifest, type Manifest } from "@sallyport/opa";
import { type Annotations, astJsonText, refText, valueJson } from "@sallyport/rego";
import { type Annotated, annotatedPath, type Inspection } from "./inspect-bundle.ts";
import { tableText } from "./table.ts";

/** As `inspect` prints it for people. */
export function inspectionText({ manifest, namespaces, annotations }: Inspection, withAnnotations: boolean): string {
  const manifestPart = manifest === undefined || isEmptyManifest(manifest) ? "" : manifestText(manifest);
  const rows = namespaces.flatMap(([name, files]) => files.map((file, i) => [i === 0 ? name : "", file]));
  const namespacePart = rows.length === 0 ? "" : `NAMESPACES:\n${tableText(["NAMESPACE", "FILE"], rows)}`;
  const annotationPart =
    withAnnotations && annotations.length > 0 ? `ANNOTATIONS:\n${annotations.map(annotatedText).join("")}` : "";
  return `${manifestPart}${namespacePart}${annotationPart}`;
}

function manifestText({ revision, roots, regoVersion, metadata = {} }: Manifest): string {
  const all = roots.length === 1 && roots[0] === "";
  const rows = [
    ...(regoVersion === undefined ? [] : [["Rego Version", String(regoVersion)]]),
    ...(revision === "" ? [] : [["Revision", revision]]),
    ...(all ? [] : roots.toSorted().map((root, i) => [i === 0 ? "Roots" : "", root])),
    ...(Object.keys(metadata).length === 0 ? [] : [["Metadata", astJsonText(valueJson(metadata))]]),
  ];
  return `MANIFEST:\n${tableText(["FIELD", "VALUE"], rows)}`;
}

function annotatedText(each: Annotated): string {
  const { annotations, module, rule, file, row } = each;
  const packageText = pathText(annotatedPath({ ...each, rule: undefined }).slice(1));
  const title = annotations.title ?? pathText(annotatedPath(each).slice(1));
  const description = annotations.description === undefined ? [] : [`${annotations.description}\n`];
  const facts = [
    `Package:  ${packageText}`,
    ...(rule === undefined ? [] : [`Rule:     ${refText(rule.head.ref)}`]),
    `Location: ${file}:${row}`,
    `Scope: ${annotations.scope}`,
    ...(annotations.entrypoint ? ["Entrypoint: true"] : []),
  ];
  const head = [title, "=".repeat(title.length), "", ...description, ...facts, ""].join("\n");
  return `${module === undefined ? "" : head}\n${sections(annotations)}`;
}

function pathText(keys: readonly string[]): string {
  return keys.reduce((text, key, i) => {
    if (!/^[A-Za-z_]\w*$/.test(key)) return `${text}[${JSON.stringify(key)}]`;
    return i === 0 ? key : `${text}.${key}`;
  }, "");
}

function sections(annotations: Annotations): string {
  const { organizations = [], authors = [], schemas = [], relatedResources = [], custom = {} } = annotations;
  const json = (value: unknown): string => astJsonText(valueJson(value));
  const width = Math.max(0, ...schemas.map(({ path }) => refText(path).length));
  return [
    section("Organizations", organizations),
    section(
      "Authors",
      authors.map(({ name = "", email }) => (email === undefined ? name : `${name} <${email}>`.trimStart())),
    ),
    section(
      "Schemas",
      schemas.map(({ path, schema, definition }) => {
        const name = `${refText(path)}:`.padEnd(width + 1);
        return `${name} ${schema === undefined ? json(definition) : refText(schema)}`;
      }),
    ),
    section(
      "Related Resources",
      relatedResources.map(({ ref, description }) => (description === undefined ? ref : `${ref} ${description}`)),
    ),
    section(
      "Custom",
      Object.entries(custom).map(([key, value]) => `${key}: ${json(value)}`),
    ),
  ].join("");
}

function section(name: string, lines: readonly string[]): string {
  return lines.length === 0 ? "" : `${name}:\n${lines.map((line) => ` ${line}\n`).join("")}\n`;
}
