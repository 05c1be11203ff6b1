import type { Library } from "../check/environment.ts";
import { standardMacros } from "../syntax/macros.ts";
import { operators } from "./arithmetic.ts";
import { bindings } from "./bindings.ts";
import { conversions } from "./conversions.ts";
import { optionals } from "./optionals.ts";
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
export const extensionLibraries: readonly Library[] = [optionals, bindings, twoVariables];
