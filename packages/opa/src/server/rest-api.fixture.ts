import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { JsonObject } from "@sallyport/rego";
import type { Asked, Scenario } from "./asked.fixture.ts";

/** An answer, with what differs from run to run masked. */
export interface Answered {
  readonly status: number;
  readonly headers: { readonly [name: string]: string };
  readonly body: string;
}

/** What one scenario was answered, ask by ask. */
export interface Recorded {
  readonly name: string;
  readonly answers: readonly Answered[];
  /** The decisions that were logged. */
  readonly events?: readonly unknown[];
}

const file = join(import.meta.dirname, "../../testdata/rest-api.jsonl");

/** What OPA answered. */
export function readRecorded(): readonly Recorded[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Recorded);
}

export function writeRecorded(all: readonly Recorded[]): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, all.map((each) => `${JSON.stringify(each)}\n`).join(""));
}

/** The configuration of a scenario whose decisions are logged: they go to a service of the test. */
export function loggingConfig({ logs }: Scenario, url: string): JsonObject {
  const { decision_logs: decisions, ...rest } = logs ?? {};
  const reporting = { min_delay_seconds: 100, max_delay_seconds: 200 };
  return { services: { main: { url } }, ...rest, decision_logs: { reporting, ...(decisions as JsonObject) } };
}

/** All decisions that were sent, with what differs from run to run masked. */
export function eventsOf(received: readonly { readonly path: string; readonly body: string }[]): readonly unknown[] {
  return received.flatMap(({ path, body }) =>
    (JSON.parse(maskedEvents(body)) as object[]).map((each) => ({ sent_to: path, ...each })),
  );
}

/** OPA times reads of base data, where there were any; we do not tell them apart. */
function maskedEvents(body: string): string {
  return masked(body).replaceAll('"timer_rego_external_resolve_ns":0,', "");
}

/** A folder with the files of a scenario. */
export function withFiles<T>({ files = {} }: Scenario, run: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "rest-api-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return run(folder).finally(() => rmSync(folder, { recursive: true, force: true }));
}

/** Sends all requests of a scenario, one after another. */
export async function askAll(url: string, { asks }: Scenario): Promise<readonly Answered[]> {
  const answers: Answered[] = [];
  for (const each of asks) answers.push(await ask(url, each));
  return answers;
}

/** Headers that say something; the rest is of the connection. */
const told = ["content-type", "content-encoding", "vary", "location", "etag", "www-authenticate", "allow", "warning"];

/** A server that breaks on a request closes the connection. */
const noAnswer: Answered = { status: 0, headers: {}, body: "" };

function ask(url: string, { method, path, body, headers = {} }: Asked): Promise<Answered> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method, path, headers: { ...headers }, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const whole = Buffer.concat(chunks);
        const isZipped = response.headers["content-encoding"] === "gzip" && whole.length > 0;
        resolve({
          status: response.statusCode ?? 0,
          headers: Object.fromEntries(
            told.flatMap((name) =>
              response.headers[name] === undefined ? [] : [[name, String(response.headers[name])]],
            ),
          ),
          body: masked((isZipped ? gunzipSync(whole) : whole).toString("utf8")),
        });
      });
    });
    sent.on("error", (error: NodeJS.ErrnoException) =>
      error.code === "ECONNRESET" ? resolve(noAnswer) : reject(error),
    );
    sent.end(body);
  });
}

function masked(text: string): string {
  return text
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "UUID")
    .replaceAll(/("(?:timer|counter|histogram)_\w+": ?)\d+/g, "$10")
    .replaceAll(/("(?:build_commit|build_timestamp|build_host|hostname|build_hostname)": ?)"[^"]*"/g, '$1"X"')
    .replaceAll(/\/[^\s"]*\/rest-api-\w+/g, "FOLDER")
    .replaceAll(/("timestamp": ?)"[^"]*"/g, '$1"TIME"')
    .replaceAll(/("requested_by": ?)"127.0.0.1:[^"]*"/g, '$1"CLIENT"')
    .replaceAll(/("req_id": ?)\d+/g, "$10");
}
