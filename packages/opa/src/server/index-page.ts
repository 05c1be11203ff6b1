import type { ServerAnswer } from "./exchange.ts";
import type { BuildInfo } from "./serving.ts";

/** What a browser is shown at `/`. */
export function indexPage({ version, commit, timestamp, hostname }: BuildInfo): ServerAnswer {
  const rows = [
    ["Version", version],
    ["Build Commit", commit],
    ["Build Timestamp", timestamp],
    ["Build Hostname", hostname],
  ];
  const body = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Sallyport policy server</title></head>
<body>
<h1>Sallyport policy server</h1>
<p>It answers Open Policy Agent's REST API.</p>
${rows.map(([name, value]) => `${name}: ${value}<br>`).join("\n")}
</body>
</html>
`;
  return { status: 200, headers: { "Content-Type": "text/html; charset=utf-8" }, body };
}
