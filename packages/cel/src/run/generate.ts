import type { Checked } from "../check/checker.ts";
import type { Environment } from "../check/environment.ts";
import { Generator } from "./generate/generator.ts";
import * as support from "./generate/support.ts";
import { Unsupported, Writer } from "./generate/writer.ts";
import type { Code } from "./state.ts";

/** Names of their own are faster than properties. */
const names = `const { ${Object.keys(support).join(", ")} } = $;\n`;

/**
 * Makes a checked expression one JavaScript function, which answers and costs what the closures do, and takes about half their time.
 * The text holds only names that the writer made and texts as JSON; all else comes in as constants. Undefined for what is left to the
 * closures, and where code may not be made from strings.
 */
export function generateCode(checked: Checked, environment: Environment): Code | undefined {
  const writer = new Writer();
  try {
    const { text } = new Generator(checked, environment, writer).code(checked.ast.root);
    const make = new Function("$", "k", `${names}${writer.text(text)}`) as (
      support: object,
      constants: readonly unknown[],
    ) => Code;
    return make(support, writer.constants);
  } catch (error) {
    if (error instanceof Unsupported || error instanceof EvalError) return undefined;
    throw error;
  }
}
