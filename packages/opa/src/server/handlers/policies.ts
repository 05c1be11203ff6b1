import { astJsonOfModule, compiledModules, type Module, RegoError } from "@sallyport/rego";
import { printableAst } from "../../answers/ast-printable.ts";
import { Struct } from "../../answers/json-text.ts";
import { checkPolicyOwner } from "../active-bundles.ts";
import { ApiError, badRequest, compileError } from "../api-error.ts";
import { jsonAnswer, type ServerAnswer, type ServerRequest } from "../exchange.ts";
import { bodyText } from "../input.ts";
import type { StoredPolicy } from "../policy-state.ts";
import type { Route } from "../routes.ts";
import { type Serving, Timing } from "../serving.ts";

const compiling = "compiling module(s)";

/** https://www.openpolicyagent.org/docs/rest-api#policy-api */
export function policyRoutes(serving: Serving): readonly Route[] {
  return [
    {
      name: "v1/policies",
      prefix: "/v1/policies",
      rest: "none",
      methods: { GET: (request) => list(serving, request) },
    },
    {
      name: "v1/policies",
      prefix: "/v1/policies",
      rest: "some",
      methods: {
        GET: (request, rest) => show(serving, request, rest.join("/")),
        PUT: (request, rest) => put(serving, request, rest.join("/")),
        DELETE: (request, rest) => remove(serving, request, rest.join("/")),
      },
    },
  ];
}

function list({ state }: Serving, request: ServerRequest): ServerAnswer {
  const { generation } = state;
  const all = [...generation.policies.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  const compiled = compiledModules(generation.policy.compiled);
  return jsonAnswer(request, new Struct({ result: all.map((each) => shown(compiled, each)) }));
}

function show({ state }: Serving, request: ServerRequest, id: string): ServerAnswer {
  const { generation } = state;
  const policy = generation.policies.get(id);
  if (policy === undefined) throw notFound(id);
  return jsonAnswer(request, new Struct({ result: shown(compiledModules(generation.policy.compiled), policy) }));
}

/** The syntax tree is that of the compiled module, as OPA's. */
function shown(compiled: ReadonlyMap<Module, Module>, { id, text, module }: StoredPolicy): Struct {
  return new Struct({ id, raw: text, ast: printableAst(astJsonOfModule(compiled.get(module) ?? module)) });
}

async function put(serving: Serving, request: ServerRequest, id: string): Promise<ServerAnswer> {
  const { state } = serving;
  const timing = new Timing(serving);
  const { metrics } = timing;
  const text = await metrics.timedAsync("server_read_bytes", () => bodyText(request));
  const before = state.generation.policies.get(id);
  if (before !== undefined) checkPolicyOwner(state.generation.bundles, before.module);
  if (before?.text === text) return jsonAnswer(request, new Struct(timing.told(request)));
  if (!/^\s*[^\s#]/m.test(text)) throw badRequest(`${id}:0: rego_parse_error: empty module`);
  refusing("invalid_parameter", () => {
    const policy = metrics.timed("rego_module_parse", () => state.parse(id, text));
    checkPolicyOwner(state.generation.bundles, policy.module);
    metrics.timed("rego_module_compile", () => state.putPolicy(policy));
  });
  return jsonAnswer(request, new Struct(timing.told(request)));
}

function remove(serving: Serving, request: ServerRequest, id: string): ServerAnswer {
  const timing = new Timing(serving);
  const before = serving.state.generation.policies.get(id);
  if (before !== undefined) checkPolicyOwner(serving.state.generation.bundles, before.module);
  refusing("invalid_operation", () =>
    timing.metrics.timed("rego_module_compile", () => {
      if (!serving.state.deletePolicy(id)) throw notFound(id);
    }),
  );
  return jsonAnswer(request, new Struct(timing.told(request)));
}

/** Policies that do not compile are refused with a code that depends on what was tried. */
function refusing(code: "invalid_parameter" | "invalid_operation", change: () => void): void {
  try {
    change();
  } catch (error) {
    if (!(error instanceof RegoError)) throw error;
    const { status, message, errors } = compileError(error, compiling);
    throw new ApiError(status, code, message, errors);
  }
}

function notFound(id: string): ApiError {
  return new ApiError(404, "resource_not_found", `storage_not_found_error: policy id ${JSON.stringify(id)}`);
}
