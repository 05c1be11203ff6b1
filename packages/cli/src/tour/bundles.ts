import type { Chapter, Command } from "./chapter.ts";

/** Where the lesson's policy server listens. */
const server = "127.0.0.1:10982";

const bundle = "SCRATCH/bundle.tar.gz";
const decisions = "SCRATCH/decisions.json";

function build(key: string, ...words: readonly string[]): Command {
  const signing = ["--signing-alg", "HS256", "--signing-key", key];
  return { opa: ["build", "--bundle", "policy", ...signing, ...words, "--output", bundle] };
}

function ask(file: string, expect: RegExp): Command {
  return {
    curl: ["-s", "-X", "POST", "--data-binary", `@${file}`, `http://${server}/v1/data/yard/allow`],
    expect: [expect],
  };
}

/** What the only decision of the log has. */
function logged(query: string, expect: readonly RegExp[], unexpected: readonly RegExp[] = []): Command {
  return { opa: ["eval", "-f", "raw", "-i", decisions, query], expect, unexpected, eventually: true };
}

/** A field of what the server tells of its bundle. */
function status(field: string, expect: RegExp): Command {
  const query = `http.send({"method": "get", "url": "http://${server}/v1/status"}).body.result.bundles.yard.${field}`;
  return { opa: ["eval", "-f", "raw", query], expect: [expect], eventually: true };
}

/** Mission row 6: how policies come to many servers, and what these tell of their decisions. */
export const bundles: Chapter = {
  name: "bundles",
  title: "signed bundles, and decisions that are logged without secrets",
  folder: "bundles",
  cleanUp: [],
  scenes: [
    {
      title: "A bundle that is signed",
      before:
        "A bundle is a folder of policies and data in one file. It says in .manifest what it owns (`roots`), and whoever builds it signs it. A lesson can do with a key in the open; yours is a private one, of RS256 or ES256.",
      commands: [
        build("a-key-of-the-lesson"),
        { opa: ["inspect", bundle], expect: [/monday/, /system\/log/, /data\.yard/] },
        {
          opa: [
            "build",
            "-b",
            bundle,
            "--verification-key",
            "another-key",
            "--signing-alg",
            "HS256",
            "-o",
            "SCRATCH/x.tar.gz",
          ],
          outcome: "refused",
          expect: [/failed to verify JWT signature/],
        },
      ],
      after: "With another key nothing of it is read.",
    },
    {
      title: "A server that takes only this",
      before:
        "server.yaml names the key, the bundle, and where decisions are told. Here the bundle is a file that is looked at every second; else it is an address, or an artifact of a registry.",
      commands: [
        {
          sallyport: [
            ...["opa", "run", "--server", "--addr", server, "--config-file", "server.yaml"],
            ...["--set", `bundles.yard.resource=file://${bundle}`, "--set", `plugins.file_logger.path=${decisions}`],
          ],
          stays: true,
          expect: [/Initializing server/],
        },
        { curl: ["-s", `http://${server}/health?bundles`], expect: [/^\{\}/], eventually: true },
        ask("mate.json", /"result":true/),
      ],
      after: "/health?bundles is what a readiness probe asks: before its policies are there, a server has no opinions.",
    },
    {
      title: "What the log holds",
      before:
        "The input had a pin and an address. policy/log.rego says what of a decision may be written down: rules of `mask` replace or erase, `drop` leaves a decision out.",
      commands: [
        logged("input.input", [/"pin":"\*\*\*\*"/, /"badge":"mate"/], [/4711/, /Quay/]),
        logged("[input.path, input.result, input.masked, input.erased]", [/"yard\/allow",true,/, /"\/input\/address"/]),
        { curl: ["-s", `http://${server}/v1/data/badges`], expect: [/pilot/] },
        logged("input.path", [/^yard\/allow$/m]),
      ],
      after:
        "What was changed is said, and not what it was; the question about badges was dropped. To a service decisions go in chunks, and with `reporting.buffer_type: disk` what is not sent yet survives a crash.",
    },
    {
      title: "A bundle of somebody else, and Tuesday's",
      before: "Somebody puts a bundle of his own there. Then the right one comes, with another revision.",
      commands: [
        build("a-key-of-somebody-else"),
        status("message", /failed to verify JWT signature/),
        ask("thief.json", /"result":false/),
        ask("mate.json", /"result":true/),
        build("a-key-of-the-lesson", "--revision", "tuesday"),
        status("active_revision", /^tuesday$/m),
        ask("mate.json", /"result":true/),
      ],
      after: "What cannot be verified changes nothing: Monday's policies were in force until Tuesday's had come.",
    },
  ],
};
