import { nameOfRef } from "../compile/names.ts";
import type { Ref, Term } from "../syntax/ast.ts";

/** What `with` replaces around a function; functions are planned once per such context. */
export interface Context {
  /** The same for contexts that replace the same things. */
  readonly key: string;
  /** Function or builtin name to what is called instead. */
  readonly mocks: ReadonlyMap<string, Mock>;
  /** Paths below `data` whose rules are hidden by a value. */
  readonly shadows: readonly (readonly string[])[];
}

export type Mock =
  /** Called instead: a function or builtin. */
  | { readonly kind: "function"; readonly operator: Ref }
  /** A literal, or a rule. */
  | { readonly kind: "constant"; readonly term: Term }
  /** A value that is known when the `with` is reached; it lies below `data` while it is in force. */
  | { readonly kind: "slot"; readonly slot: string };

/** Where values of mocked functions lie below `data`. A NUL keeps policies from naming it. */
export const mockRoot = "\0mock";

export const plainContext: Context = createContext(new Map(), []);

/** The context with one function replaced. */
export function withMock(context: Context, target: string, mock: Mock): Context {
  return createContext(new Map([...context.mocks, [target, mock]]), context.shadows);
}

/** The context with the rules at a path hidden. */
export function withShadow(context: Context, path: readonly string[]): Context {
  return isHidden(context, path) ? context : createContext(context.mocks, [...context.shadows, path]);
}

/** Inside a replacement no function is replaced: a mock may call what it stands for, and calls no other mock. */
export function withoutMocks(context: Context): Context {
  return createContext(new Map(), context.shadows);
}

/** True when a value replaces the document at the path, or one around it. */
export function isHidden({ shadows }: Context, path: readonly string[]): boolean {
  return shadows.some((shadow) => shadow.length <= path.length && shadow.every((part, i) => part === path[i]));
}

/** True when values of mocks lie below `data`. */
export function hasSlots({ mocks }: Context): boolean {
  return [...mocks.values()].some(({ kind }) => kind === "slot");
}

function createContext(mocks: ReadonlyMap<string, Mock>, shadows: readonly (readonly string[])[]): Context {
  const key = JSON.stringify([[...mocks].map(([name, mock]) => [name, mockKey(mock)]).sort(), [...shadows].sort()]);
  return { key, mocks, shadows };
}

function mockKey(mock: Mock): unknown {
  if (mock.kind === "constant") return constantText(mock.term);
  return mock.kind === "function" ? { function: nameOfRef(mock.operator) } : { slot: mock.slot };
}

/** The text of a constant string; undefined for all other terms. */
export function textOf(term: Term): string | undefined {
  return term.kind === "string" ? term.value : undefined;
}

/** A text of a constant, the same for the same spelling. */
export function constantText(term: Term): string {
  if (term.kind === "boolean" || term.kind === "null") return term.kind === "null" ? "null" : String(term.value);
  return JSON.stringify(term, (name, value: unknown) => (name === "loc" ? undefined : value));
}

/** True for scalars and literals of them: their value is the same wherever it is planned. */
export function isConstant(term: Term): boolean {
  switch (term.kind) {
    case "null":
    case "boolean":
    case "number":
    case "string":
      return true;
    case "array":
    case "set":
      return term.items.every(isConstant);
    case "object":
      return term.entries.every(([key, value]) => isConstant(key) && isConstant(value));
    default:
      return false;
  }
}
