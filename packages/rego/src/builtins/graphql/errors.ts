import { BuiltinError } from "../builtin.ts";
import type { Position } from "./ast.ts";

/** One fault of a document, worded and placed as gqlparser does. */
export class GraphqlError extends Error {
  readonly position: Position | undefined;

  constructor(message: string, position: Position | undefined) {
    super(message);
    this.name = "GraphqlError";
    this.position = position;
  }

  /** `input:1:2: Unexpected <EOF>`. */
  get text(): string {
    const place = this.position === undefined ? "" : `:${this.position.line}:${this.position.column}`;
    return `input${place}: ${this.message}`;
  }
}

/** What stands for the position of a node that came as an object, in faults of schemas. */
export const nowhere: Position = { line: -1, column: -1 };

/** How OPA reports faults of gqlparser: the place goes behind the message, where there is one. */
export function reportedError(text: string): BuiltinError {
  const match = /^[^:]*:(\d+):(\d+): *(.*)$/s.exec(text);
  if (match === null) return new BuiltinError(`GraphQL parse error: ${text}`);
  const [, line = "", column = "", message = ""] = match;
  return new BuiltinError(`${message.replace(/\.\n$/, "")} in GraphQL string at location ${line}:${column}`);
}
