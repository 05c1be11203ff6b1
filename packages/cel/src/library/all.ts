import type { Library } from "../check/environment.ts";
import { standardMacros } from "../syntax/macros.ts";
import { operators } from "./arithmetic.ts";
import { bindings } from "./bindings.ts";
import { conversions } from "./conversions.ts";
import { encoders } from "./encoders.ts";
import { listFunctions } from "./list-functions.ts";
import { math } from "./math.ts";
import { optionals } from "./optionals.ts";
import { sets } from "./sets.ts";
import { stringReverse, strings } from "./strings.ts";
import { text } from "./text.ts";
import { times } from "./times.ts";
import { twoVariables } from "./two-variables.ts";

/** What every CEL has. */
export const standardLibraries: readonly Library[] = [
  { name: "macros", macros: standardMacros },
  operators,
  conversions,
  text,
  times,
];

/** cel-go's extensions. */
export const extensionLibraries: readonly Library[] = [
  optionals,
  bindings,
  twoVariables,
  strings,
  stringReverse,
  sets,
  math,
  encoders,
  listFunctions,
];
