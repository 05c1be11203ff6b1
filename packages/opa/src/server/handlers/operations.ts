import type { Value } from "@sallyport/rego";
import { goJsonLine, Struct } from "../../answers/json-text.ts";
import { documentAt, refText } from "../documents.ts";
import { isOn, jsonAnswer, jsonText, type ServerAnswer, type ServerRequest } from "../exchange.ts";
import { internalError } from "../fields.ts";
import { indexPage } from "../index-page.ts";
import type { Route } from "../routes.ts";
import { evaluation, PreparedPaths, type Serving } from "../serving.ts";
import { defaultDecision } from "./older-data.ts";

/** What operators ask: is it well, how is it configured. https://www.openpolicyagent.org/docs/rest-api#health-api */
export function operationRoutes(serving: Serving): readonly Route[] {
  const prepared = new PreparedPaths();
  return [
    plain("v1/config", "/v1/config", (request) => jsonAnswer(request, new Struct({ result: serving.config.shown }))),
    plain("v1/status", "/v1/status", (request) => status(serving, request)),
    { ...plain("metrics", "/metrics", () => metrics(serving)), answersHead: true },
    plain("health", "/health", (request) => healthOf(serving, request)),
    {
      name: "health",
      prefix: "/health",
      rest: "some",
      methods: { GET: (request, path) => healthRule(serving, request, ["system", "health", ...path]) },
      isPlain: true,
    },
    {
      name: "index",
      prefix: "/",
      rest: "none",
      methods: {
        GET: () => indexPage(serving.build),
        POST: (request) => defaultDecision(serving, prepared, request),
      },
      isPlain: true,
    },
  ];
}

function plain(name: string, prefix: string, get: Route["methods"][string]): Route {
  return { name, prefix, rest: "none", methods: { GET: get }, isPlain: true };
}

async function status({ plugins }: Serving, request: ServerRequest): Promise<ServerAnswer> {
  const result = await plugins?.status();
  if (result === undefined) throw internalError("status plugin not enabled");
  return jsonAnswer(request, new Struct({ result }));
}

async function metrics({ requests }: Serving): Promise<ServerAnswer> {
  return { status: 200, headers: { "Content-Type": requests.contentType }, body: await requests.render() };
}

/** Who asks for it is told whether bundles are in force, and whether all plugins run. */
function healthOf({ plugins }: Serving, request: ServerRequest): ServerAnswer {
  const wantsBundles = isOn(request, "bundle") || isOn(request, "bundles");
  if (wantsBundles && plugins?.areBundlesReady() === false) return unwell("one or more bundles are not activated");
  const passed = new Set(request.query.getAll("exclude-plugin"));
  const states = Object.entries(plugins?.states() ?? {}).filter(([name]) => !passed.has(name));
  if (isOn(request, "plugins") && states.some(([, state]) => state !== "OK"))
    return unwell("one or more plugins are not up");
  return health();
}

function health(): ServerAnswer {
  return jsonText(200, goJsonLine(new Struct({}), ""));
}

function unwell(error: string): ServerAnswer {
  return jsonText(500, goJsonLine(new Struct({ error }), ""));
}

/** A rule of `data.system.health` decides; it sees whether plugins are ready. */
async function healthRule(serving: Serving, request: ServerRequest, path: readonly string[]): Promise<ServerAnswer> {
  const { generation } = serving.state;
  const states = serving.plugins?.states() ?? {};
  const isReady = Object.values(states).every((state) => state === "OK");
  const input: Value = { plugins_ready: isReady, plugin_state: states };
  const result = await documentAt(generation, path, { ...evaluation(serving, request), input });
  if (result === true) return health();
  const what =
    result === undefined ? "was undefined" : result === false ? "returned false" : "returned unexpected value";
  return unwell(`health check (${refText(path)}) ${what}`);
}
