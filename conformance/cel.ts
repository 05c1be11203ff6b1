import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import {
  activationOf,
  cidr,
  compile,
  Environment,
  extensionLibraries,
  type FunctionDeclaration,
  ip,
  type Library,
  type Overload,
  Program,
  standardLibraries,
  type Type,
  type Value,
} from "@sallyport/cel";
import { blocks } from "./cel-blocks.ts";
import { messages } from "./cel-messages.ts";
import { typeDifference, typeFromText } from "./cel-types.ts";
import { difference, messageOf, messagesOf, textOf, valueFromText, wordOf } from "./cel-values.ts";
import { type SuiteResult, Tally } from "./suite.ts";
import { parseTextproto, type TextMessage } from "./textproto.ts";

const noStrongEnums = "enums with types of their own are optional in cel-spec, and cel-go has none";

/** The simple tests of cel-spec: files of `cel.expr.conformance.test.SimpleTestFile` in text format. */
export async function run(dir: string): Promise<SuiteResult> {
  const tally = new Tally();
  for (const file of globSync(`${dir}/**/*.textproto`).sort()) {
    const suite = parseTextproto(readFileSync(file, "utf8"));
    for (const section of messagesOf(suite, "section")) {
      for (const test of messagesOf(section, "test")) {
        const name = [basename(file, ".textproto"), nameOf(section), nameOf(test)].join("/");
        const why = judge(test);
        if (why !== undefined && nameOf(section).startsWith("strong_")) tally.skip(name, noStrongEnums);
        else tally.add(name, why);
      }
    }
  }
  return tally.result;
}

function nameOf(message: TextMessage): string {
  return textOf(message.get("name")?.[0]);
}

function judge(test: TextMessage): string | undefined {
  try {
    return judgeProgram(
      test,
      compile(textOf(test.get("expr")?.[0]), environmentOf(test), { checked: !isSet(test, "disable_check") }),
    );
  } catch (error) {
    return `throws ${error instanceof Error ? error.message : error}`;
  }
}

function judgeProgram(test: TextMessage, program: ReturnType<typeof compile>): string | undefined {
  const wantsError = test.has("eval_error") || test.has("any_eval_errors");
  if (!(program instanceof Program)) return wantsError ? undefined : program.message;
  const typed = messageOf(test, "typed_result");
  if (typed.has("deduced_type")) {
    const why = typeDifference(typeFromText(messageOf(typed, "deduced_type")), program.type);
    if (why !== undefined) return why;
  }
  if (isSet(test, "check_only")) return undefined;
  const outcome = program.evaluate(activationOf(bindingsOf(test)));
  if (!("value" in outcome)) return wantsError ? undefined : `fails: ${outcome.error}`;
  if (wantsError) return "should fail";
  const wanted = typed.has("result") ? messageOf(typed, "result") : messageOf(test, "value");
  return difference(wanted.size === 0 ? true : valueFromText(wanted), outcome.value);
}

function isSet(test: TextMessage, field: string): boolean {
  return wordOf(test.get(field)?.[0]) === "true";
}

function bindingsOf(test: TextMessage): Record<string, Value> {
  const entries = messagesOf(test, "bindings").map(
    (entry) => [textOf(entry.get("key")?.[0]), valueFromText(messageOf(messageOf(entry, "value"), "value"))] as const,
  );
  return Object.fromEntries(entries);
}

/** All libraries, and what the case declares; what it only binds is declared too, so that unchecked cases find it. */
function environmentOf(test: TextMessage): Environment {
  const variables: Record<string, Type> = {};
  const functions: FunctionDeclaration[] = [];
  if (isSet(test, "disable_check")) for (const name of Object.keys(bindingsOf(test))) variables[name] = { kind: "dyn" };
  for (const declaration of messagesOf(test, "type_env")) {
    if (declaration.has("ident"))
      variables[nameOf(declaration)] = typeFromText(messageOf(messageOf(declaration, "ident"), "type"));
    else functions.push({ name: nameOf(declaration), overloads: overloadsOf(messageOf(declaration, "function")) });
  }
  const declared: Library = { name: "declared by the case", functions };
  const libraries = [...standardLibraries, ...extensionLibraries, ip, cidr, messages, blocks, declared];
  return new Environment({ libraries, container: textOf(test.get("container")?.[0]), variables });
}

function overloadsOf(declaration: TextMessage): readonly Overload[] {
  return messagesOf(declaration, "overloads").map((overload) => ({
    id: textOf(overload.get("overload_id")?.[0]),
    isMember: isSet(overload, "is_instance_function"),
    args: messagesOf(overload, "params").map(typeFromText),
    result: typeFromText(messageOf(overload, "result_type")),
  }));
}
