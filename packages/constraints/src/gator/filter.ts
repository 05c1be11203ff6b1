import { RE2JS, RE2JSException } from "re2js";
import type { SuiteTest } from "./suite.ts";

/** Which tests and cases of suites are run. */
export interface Filter {
  readonly matchesTest: (test: SuiteTest) => boolean;
  readonly matchesCase: (test: string, name: string) => boolean;
}

/** Reads `--run`: `TEST//CASE`, two regular expressions of which either may be empty; or one for tests or cases. Throws an error of one line. */
export function readFilter(text: string): Filter {
  const parts = text.split("//");
  if (parts.length > 2) throw new Error('invalid test filter: a filter may include at most one "//"');
  const [first, second] = parts.map(compile);
  const is = (regex: RE2JS | undefined, name: string) => regex === undefined || regex.matcher(name).find();
  if (parts.length === 2)
    return {
      matchesTest: ({ name }) => is(first, name),
      matchesCase: (test, name) => is(first, test) && is(second, name),
    };
  const matchesCase = (test: string, name: string) => is(first, name) || is(first, test);
  return {
    matchesTest: ({ name, cases }) => is(first, name) || cases.some((each) => matchesCase(name, each.name)),
    matchesCase,
  };
}

function compile(pattern: string): RE2JS | undefined {
  if (pattern === "") return undefined;
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    if (error instanceof RE2JSException)
      throw new Error(
        `invalid test filter: error parsing regexp: ${error.message.replace(/^error parsing regexp: /, "")}`,
      );
    throw error;
  }
}
