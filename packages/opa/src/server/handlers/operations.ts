import type { Value } from "@sallyport/rego";
import { goJsonLine, Struct } from "../../answers/json-text.ts";
import { ApiError } from "../api-error.ts";
import { documentAt, refText } from "../documents.ts";
import { jsonAnswer, jsonText, type ServerAnswer, type ServerRequest } from "../exchange.ts";
import { indexPage } from "../index-page.ts";
import { bodyAsInput } from "../input.ts";
import type { Route } from "../routes.ts";
import { evaluation, type Serving } from "../serving.ts";

/** What operators ask: is it well, how is it configured. https://www.openpolicyagent.org/docs/rest-api#health-api */
export function operationRoutes(serving: Serving): readonly Route[] {
  return [
    plain("v1/config", "/v1/config", (request) => jsonAnswer(request, new Struct({ result: serving.config.shown }))),
    plain("v1/status", "/v1/status", () => {
      throw new ApiError(500, "internal_error", "status plugin not enabled");
    }),
    plain("metrics", "/metrics", () => metrics(serving)),
    plain("health", "/health", health),
    {
      name: "health",
      prefix: "/health",
      rest: "some",
      methods: { GET: (_, path) => healthRule(serving, ["system", "health", ...path]) },
      isPlain: true,
    },
    {
      name: "index",
      prefix: "/",
      rest: "none",
      methods: {
        GET: () => indexPage(serving.build),
        POST: (request) => defaultDecision(serving, request),
      },
      isPlain: true,
    },
  ];
}

function plain(name: string, prefix: string, get: Route["methods"][string]): Route {
  return { name, prefix, rest: "none", methods: { GET: get }, isPlain: true };
}

async function metrics({ requests }: Serving): Promise<ServerAnswer> {
  return { status: 200, headers: { "Content-Type": requests.contentType }, body: await requests.render() };
}

async function defaultDecision(serving: Serving, request: ServerRequest): Promise<ServerAnswer> {
  const input = await bodyAsInput(request);
  const { generation } = serving.state;
  const result = await documentAt(generation, serving.config.defaultDecision, {
    ...evaluation(serving),
    input: input ?? null,
  });
  if (result !== undefined) return jsonAnswer(request, result);
  throw new ApiError(404, "undefined_document", `document missing: ${refText(serving.config.defaultDecision)}`);
}

/** Nothing is waited for: all that is served was loaded before. */
function health(): ServerAnswer {
  return jsonText(200, goJsonLine(new Struct({}), ""));
}

function unwell(error: string): ServerAnswer {
  return jsonText(500, goJsonLine(new Struct({ error }), ""));
}

const noPlugins: Value = { plugins_ready: true, plugin_state: {} };

/** A rule of `data.system.health` decides; it sees whether plugins are ready. */
async function healthRule(serving: Serving, path: readonly string[]): Promise<ServerAnswer> {
  const { generation } = serving.state;
  const result = await documentAt(generation, path, { ...evaluation(serving), input: noPlugins });
  if (result === true) return health();
  const what =
    result === undefined ? "was undefined" : result === false ? "returned false" : "returned unexpected value";
  return unwell(`health check (${refText(path)}) ${what}`);
}
