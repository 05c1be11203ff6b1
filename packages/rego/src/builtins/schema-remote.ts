import { parseJson } from "../value/json.ts";
import type { Value } from "../value/value.ts";
import { BuiltinError, type QueryState } from "./builtin.ts";
import { httpRequestFrom } from "./http-request.ts";

/** Fetches schemas that others refer to, from the hosts that may be reached; never from files. */
export function schemaLoader(state: QueryState): (url: string) => Value {
  return (url) => {
    const { effects } = state;
    if (!/^https?:/i.test(url)) throw new BuiltinError(`remote reference loading disabled: ${url}`);
    const { allowNet } = effects;
    if (allowNet !== undefined && !allowNet.includes(new URL(url).hostname))
      throw new BuiltinError(`remote reference loading disabled: ${url}`);
    if (effects.fetch === undefined) throw new BuiltinError("requests can only be sent in asynchronous evaluation");
    const answer = effects.fetch(httpRequestFrom({ method: "get", url }, state));
    if (answer.kind !== "response") throw new BuiltinError(answer.message);
    if (answer.statusCode !== 200)
      throw new BuiltinError(`Could not read schema from HTTP, response status is ${answer.statusCode}`);
    return parseJson(new TextDecoder().decode(answer.body));
  };
}
