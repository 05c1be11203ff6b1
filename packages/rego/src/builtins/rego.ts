import { astJsonOfModule, astJsonText } from "../syntax/ast-json.ts";
import { diagnosticsText } from "../syntax/diagnostic.ts";
import { parseModule } from "../syntax/parser.ts";
import { parseJson } from "../value/json.ts";
import type { Value } from "../value/value.ts";
import { type Builtin, BuiltinError } from "./builtin.ts";
import { stringAt } from "./operands.ts";

/** Rego's syntax as data. https://www.openpolicyagent.org/docs/policy-reference/builtins/rego */
export const rego: readonly Builtin[] = [
  {
    name: "rego.parse_module",
    call: (args) => {
      // OPA tells of the second operand as of the first.
      const [file, text] = [stringAt(args, 1), stringAt([args[1] as Value], 1)];
      const { module, diagnostics } = parseModule(text, { file, annotations: false });
      if (module === undefined) {
        const message = diagnosticsText(diagnostics);
        // Of a text with nothing in it OPA tells the fault alone, uncounted.
        throw new BuiltinError(message.endsWith("empty module") ? message.replace(/^1 error occurred: /, "") : message);
      }
      return parseJson(astJsonText(astJsonOfModule(module)));
    },
  },
  ...["rego.metadata.chain", "rego.metadata.rule"].map(outOfRules),
];

/** The compiler puts the annotations in place of calls in rules; what is called is in a query. */
function outOfRules(name: string): Builtin {
  const call = () => {
    throw new BuiltinError(`the ${name} function must only be called within the scope of a rule`);
  };
  return { name, call };
}
