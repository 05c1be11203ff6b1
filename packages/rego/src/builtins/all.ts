import { aggregates, types } from "./aggregates.ts";
import type { Builtin } from "./builtin.ts";
import { encoding } from "./encoding.ts";
import { json } from "./json.ts";
import { net } from "./net.ts";
import { numbers } from "./numbers.ts";
import { objects } from "./objects.ts";
import { operators } from "./operators.ts";
import { output } from "./output.ts";
import { regex } from "./regex.ts";
import { semver } from "./semver.ts";
import { strings } from "./strings.ts";
import { time } from "./time.ts";

/** Every builtin that is implemented, family by family. */
export const allBuiltins: readonly Builtin[] = Object.freeze([
  ...operators,
  ...aggregates,
  ...types,
  ...strings,
  ...regex,
  ...objects,
  ...json,
  ...encoding,
  ...numbers,
  ...time,
  ...net,
  ...semver,
  ...output,
]);
