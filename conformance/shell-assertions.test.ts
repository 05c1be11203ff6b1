import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ShellAssertions, tellAssertions } from "./shell-assertions.ts";

/** Helpers as `hack/lib/test.sh` has them: one calls another, and prints where it stands. */
const helpers = `
kube::test::object_assert() { echo "$@"; [[ "$2" == "$3" ]]; }
kube::test::get_object_assert() { kube::test::object_assert 1 "$@"; }
kube::test::if_has_string() { grep -q "$2" <<< "$1"; }
kube::test::if_supports_resource() { return 0; }
`;

const script = `run_a_tests() {
  set -o errexit
  cat > /dev/null << EOF
{
}
EOF
  kube::test::get_object_assert a a
  kube::test::get_object_assert b x || kube::test::get_object_assert b b
  if kube::test::if_supports_resource "pods" ; then
    kube::test::if_has_string \\
      "some text" \\
      "text"
  fi
  # kube::test::if_has_string "in a comment" "x"
  helped a
}

function helped() {
  kube::test::if_has_string "$1" "a"
  if [[ "$1" == "b" ]]; then
    kube::test::if_has_string "$1" "b"
  fi
}

run_b_tests() {
  kube::test::if_has_string "without errexit it goes on" "nowhere"
  kube::test::if_has_string "and what comes then" "then"
}

run_c_tests() {
  set -o errexit
  kube::test::get_object_assert a b
  kube::test::get_object_assert never reached
}
`;

/** Runs a function with its assertions told of; answers its status and the places. */
function judge(name: string) {
  const root = mkdtempSync(join(tmpdir(), "sallyport-assertions-"));
  try {
    mkdirSync(join(root, "test/cmd"), { recursive: true });
    writeFileSync(join(root, "helpers.sh"), helpers);
    writeFileSync(join(root, "test/cmd/a.sh"), script);
    writeFileSync(join(root, "told"), "");
    const words = `source helpers.sh; source test/cmd/a.sh; ${tellAssertions}\n(${name}); echo "status $?"`;
    const { stdout } = spawnSync("bash", ["--norc", "-c", words], {
      cwd: root,
      encoding: "utf8",
      env: { PATH: process.env["PATH"], ASSERTED: join(root, "told") },
    });
    const assertions = new ShellAssertions(root);
    const { held, failed } = assertions.read(readFileSync(join(root, "told"), "utf8"));
    const status = Number(/status (\d+)/.exec(stdout)?.[1]);
    return { status, held, failed, places: assertions.placesIn(name) };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

const skip = spawnSync("bash", ["--version"]).error !== undefined && "no bash";

test("each assertion is told of by its line, also of several lines, and in functions that are called", { skip }, () => {
  assert.deepEqual(judge("run_a_tests"), {
    status: 0,
    held: ["a.sh:7", "a.sh:8", "a.sh:10", "a.sh:19"],
    failed: [],
    places: ["a.sh:7", "a.sh:8", "a.sh:10", "a.sh:19", "a.sh:21"],
  });
});

test("an assertion fails also where the function goes on", { skip }, () => {
  const { status, held, failed } = judge("run_b_tests");
  assert.deepEqual([status, held, failed], [0, ["a.sh:27"], ["a.sh:26"]]);
});

test("an assertion ends the function where it did before", { skip }, () => {
  const { status, held, failed, places } = judge("run_c_tests");
  assert.deepEqual([status, held, failed], [1, [], ["a.sh:32"]]);
  assert.deepEqual(places, ["a.sh:32", "a.sh:33"]);
});
