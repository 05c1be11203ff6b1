import { aggregates, types } from "./aggregates.ts";
import { aws } from "./aws.ts";
import type { Builtin } from "./builtin.ts";
import { crypto } from "./crypto.ts";
import { encoding } from "./encoding.ts";
import { graph } from "./graph.ts";
import { graphql } from "./graphql/graphql.ts";
import { http } from "./http.ts";
import { json } from "./json.ts";
import { jsonPatch } from "./json-patch.ts";
import { jsonPaths } from "./json-paths.ts";
import { jsonPretty } from "./json-pretty.ts";
import { jsonSchema } from "./json-schema.ts";
import { jwt } from "./jwt.ts";
import { net } from "./net.ts";
import { netLookup } from "./net-lookup.ts";
import { numbers } from "./numbers.ts";
import { objects } from "./objects.ts";
import { operators } from "./operators.ts";
import { output } from "./output.ts";
import { regex } from "./regex.ts";
import { rego } from "./rego.ts";
import { runtime } from "./runtime.ts";
import { semver } from "./semver.ts";
import { strings } from "./strings.ts";
import { template } from "./template.ts";
import { time } from "./time.ts";
import { uri } from "./uri.ts";
import { uuid } from "./uuid.ts";
import { x509 } from "./x509.ts";

/** Every builtin that is implemented, family by family. */
export const allBuiltins: readonly Builtin[] = Object.freeze(
  [
    ...operators,
    ...aggregates,
    ...types,
    ...strings,
    ...template,
    ...regex,
    ...rego,
    ...objects,
    ...jsonPaths,
    ...jsonPatch,
    ...graph,
    ...graphql,
    ...json,
    ...jsonSchema,
    ...jsonPretty,
    ...encoding,
    ...numbers,
    ...time,
    ...net,
    ...netLookup,
    ...http,
    ...runtime,
    ...crypto,
    ...x509,
    ...jwt,
    ...aws,
    ...semver,
    ...uri,
    ...uuid,
    ...output,
  ].map((builtin) => (builtin.nondeterministic === true ? recorded(builtin) : builtin)),
);

/** Tells the query's effects of its answers, where they want to know. */
function recorded(builtin: Builtin): Builtin {
  return {
    ...builtin,
    call: (args, state) => {
      const answer = builtin.call(args, state);
      if (answer !== undefined) state.effects.record?.(builtin.name, args, answer);
      return answer;
    },
  };
}

/** The same by name. */
export const standardBuiltins: ReadonlyMap<string, Builtin> = new Map(
  allBuiltins.map((builtin) => [builtin.name, builtin]),
);

/** All builtins by name, with others beside them or in their place. */
export function builtinsWith(others: readonly Builtin[] = []): ReadonlyMap<string, Builtin> {
  if (others.length === 0) return standardBuiltins;
  return new Map([...standardBuiltins, ...others.map((builtin) => [builtin.name, builtin] as const)]);
}
