import { typeName } from "../value/access.ts";
import { RegoSet } from "../value/collection.ts";
import type { Value } from "../value/value.ts";
import { type Builtin, type CallPlace, operandTypeError, type QueryState } from "./builtin.ts";
import { regoText } from "./go-format.ts";
import { stringAt } from "./operands.ts";

/** More lines of one print would only fill the log: operands with many values multiply. */
const maxLines = 1000;

/** Each operand is a string, or a set of its values: empty where the operand is undefined. One line per combination. */
function print([operands]: readonly Value[], { effects }: QueryState, place: CallPlace = nowhere): Value {
  if (!Array.isArray(operands)) throw operandTypeError(1, "array", typeName(operands as Value));
  let lines = [""];
  for (const [i, operand] of (operands as readonly Value[]).entries()) {
    const texts = operand instanceof RegoSet ? textsOf(operand) : [plainText(operand)];
    lines = lines.flatMap((line) => texts.map((text) => (i === 0 ? text : `${line} ${text}`))).slice(0, maxLines);
  }
  for (const line of lines) effects.print?.(line, place);
  return true;
}

const nowhere: CallPlace = { file: undefined, row: 0, col: 0 };

function textsOf(values: RegoSet): readonly string[] {
  return values.size === 0 ? ["<undefined>"] : values.sorted().map(plainText);
}

function plainText(value: Value): string {
  return typeof value === "string" ? value : regoText(value);
}

/** https://www.openpolicyagent.org/docs/policy-reference/builtins/tracing, what `print` calls become, and what tells of test cases. */
export const output: readonly Builtin[] = [
  { name: "internal.print", call: print, needsPlace: true },
  {
    name: "trace",
    call: (args, { effects }) => {
      const message = stringAt(args, 1);
      effects.note?.(message);
      return true;
    },
  },
  {
    name: "internal.test_case",
    call: ([path], { effects }) => {
      if (Array.isArray(path)) effects.testCase?.(path);
      return true;
    },
  },
];
