import { localOperand } from "./builder.ts";
import { hasSlots, mockRoot } from "./context.ts";
import type { Scope } from "./scope.ts";

/** Where OPA keeps its own documents and rules: who asks for all of `data` or iterates over it does not get it, who names it does. */
const system = "system";

export function isSystem(path: readonly string[]): boolean {
  return path[0] === system;
}

/** All of base data as who asks for `data` sees it: what `with` puts below `data.system` is shown. */
export function planBaseRoot(scope: Scope): number {
  const { context } = scope;
  const isReplaced = context.shadows.some((path) => path.length === 0 || isSystem(path));
  const hidden = [...(hasSlots(context) ? [mockRoot] : []), ...(isReplaced ? [] : [system])];
  return hidden.length === 0 ? 1 : planRootWithout(scope, hidden);
}

/** Base data but for some of its keys. */
export function planRootWithout({ writer }: Scope, hidden: readonly string[]): number {
  const [object, key, value] = [writer.local(), writer.local(), writer.local()];
  writer.emit("MakeObjectStmt", { target: object });
  const block = writer.block(() => {
    for (const each of hidden) writer.emit("NotEqualStmt", { a: localOperand(key), b: writer.string(each) });
    writer.emit("ObjectInsertStmt", { key: localOperand(key), value: localOperand(value), object });
  });
  writer.emit("ScanStmt", { source: 1, key, value, block });
  return object;
}
