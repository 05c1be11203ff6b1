import type { KubeObject } from "@sallyport/kube";
import type { Fields } from "../fields.ts";

/** What suites are read from; paths are joined with `/`. All throw errors whose message is one line, with the path. */
export interface SuiteFiles {
  /** The documents of a YAML file. */
  readonly documents: (path: string) => readonly Fields[];
}

/** A file beside another one. */
export function beside(file: string, path: string): string {
  const parts = [...file.split("/").slice(0, -1), ...path.split("/")];
  const kept: string[] = [];
  for (const part of parts) {
    const last = kept.at(-1);
    if (part === ".." && last !== undefined && last !== ".." && last !== "") kept.pop();
    else if (part !== "." && (part !== "" || kept.length === 0)) kept.push(part);
  }
  return kept.join("/");
}

/** Documents as objects, empty ones left out. */
export function objectsIn(documents: readonly Fields[]): readonly KubeObject[] {
  return documents
    .filter((document) => Object.keys(document).length > 0)
    .map((document) => ({ apiVersion: "", kind: "", metadata: {}, ...document }) as KubeObject);
}
