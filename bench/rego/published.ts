import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { JsonObject } from "@sallyport/rego";
import { parseAllDocuments } from "yaml";
import type { RegoCase } from "./case.ts";

interface AciCase {
  readonly note: string;
  readonly query: string;
  readonly input: JsonObject;
  readonly data: JsonObject;
}

/** The evaluation set of regorus: nine policies, each with three inputs, one workload for each pair; it asks for `allow`. */
export function readEvaluations(folder: string): readonly RegoCase[] {
  return globSync(`${folder}/policies/*_policy.rego`)
    .sort()
    .flatMap((file) => {
      const text = readFileSync(file, "utf8");
      const name = basename(file, "_policy.rego");
      return globSync(`${folder}/inputs/${name}_input*.json`)
        .sort()
        .map(
          (input, i): RegoCase => ({
            name: `regorus/${name}/${i + 1}`,
            regoVersion: "v1",
            modules: [{ file: `${name}.rego`, text }],
            query: `data.${/^package\s+(\S+)/m.exec(text)?.[1]}.allow`,
            inputs: [readFileSync(input, "utf8")],
            data: {},
          }),
        );
    });
}

/** Microsoft's policy of confidential containers, one workload for each case. */
export function readAci(folder: string): readonly RegoCase[] {
  const read = (name: string) => readFileSync(join(folder, name), "utf8");
  const modules = ["api.rego", "framework.rego", "policy.rego"].map((file) => ({ file, text: read(file) }));
  const { cases } = parseAllDocuments(read("aci.yaml"))[0]?.toJS() as { readonly cases: readonly AciCase[] };
  return cases.map(({ note, query, input, data }) => ({
    name: note,
    regoVersion: "v0",
    modules,
    query: query.replace(/^x\s*:?=\s*/, ""),
    inputs: [JSON.stringify(input)],
    data,
  }));
}
