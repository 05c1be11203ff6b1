import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { parseAllDocuments } from "yaml";
import { currentLanguage } from "./capabilities.ts";
import { parseModule, parseQuery } from "./parser.ts";

const suite = `${process.env["SALLYPORT_CONFORMANCE"] || "../shared/conformance"}/opa`;
const absent = existsSync(suite) ? false : `no conformance data at ${suite}`;

const experimental = { ...currentLanguage, future_keywords: ["and", "not", "or"] };

interface Case {
  note: string;
  query?: string;
  modules?: string[];
  want_error_code?: string;
  want_error?: string;
}

for (const version of ["v0", "v1"] as const) {
  test(`parser: all modules and queries of OPA's ${version} cases`, { skip: absent }, () => {
    const faults: string[] = [];
    let parsed = 0;
    for (const file of globSync(`${suite}/${version}/**/*.yaml`)) {
      for (const document of parseAllDocuments(readFileSync(file, "utf8"))) {
        for (const each of ((document as { toJS(): { cases?: Case[] } }).toJS()?.cases ?? []) as Case[]) {
          if (each.want_error_code === "rego_parse_error") continue;
          for (const text of each.modules ?? []) {
            const { diagnostics } = parseModule(text, { regoVersion: version, capabilities: experimental });
            parsed++;
            if (diagnostics[0] !== undefined)
              faults.push(
                `${each.note}: ${diagnostics[0].loc?.row}:${diagnostics[0].loc?.col} ${diagnostics[0].message}`,
              );
          }
          try {
            parseQuery(each.query ?? "true", { regoVersion: version });
          } catch (error) {
            faults.push(`${each.note}: query: ${(error as Error).message}`);
          }
        }
      }
    }
    assert.ok(parsed > 1000);
    assert.deepEqual(faults, []);
  });
}
