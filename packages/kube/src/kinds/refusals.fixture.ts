import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { applyDefaults } from "../defaults.ts";
import type { KubeObject } from "../object.ts";
import { validateObject, validateReplacement } from "../validate.ts";
import { uncompiled } from "./expressions.ts";

/** An object of flow YAML without its metadata, what is changed in it (top-level fields), and what is refused of that. */
export type Refusal = readonly [object: string, changed: string, ...refused: readonly string[]];

/** One test a line: the object with the change, as a new one, or (`~` before the change) as the next version of the object. `asked` is how a client wrote it. */
export function testRefusals(
  apiVersion: string,
  table: { readonly [kind: string]: readonly Refusal[] },
  asked = apiVersion,
): void {
  for (const [kind, rows] of Object.entries(table)) {
    for (const [text, change, ...refused] of rows) {
      test(`${kind}: ${change}`, () => {
        const made = (more: object) => objectOf({ apiVersion, kind }, { ...parse(`{${text}}`), ...more });
        const changed = made(parse(`{${change.replace(/^~/, "")}}`) as object);
        const errors = change.startsWith("~")
          ? validateReplacement(changed, made({}), uncompiled, asked)
          : validateObject(changed, uncompiled, asked);
        deepEqual(
          errors.map(({ field, message }) => `${field}: ${message}`),
          refused,
        );
      });
    }
  }
}

function objectOf(type: { readonly apiVersion: string; readonly kind: string }, fields: object): KubeObject {
  return applyDefaults({ ...type, metadata: { name: "n", namespace: "d" }, ...fields });
}
