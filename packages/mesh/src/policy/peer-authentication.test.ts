import assert from "node:assert/strict";
import { test } from "node:test";
import type { MutualTlsMode } from "./call.ts";
import { modeOf, type PeerAuthentication, resolveModes } from "./peer-authentication.ts";
import { peerAuthentication, web } from "./policies.fixture.ts";
import { defaultMesh } from "./workload.ts";

const mtls = (mode: MutualTlsMode | "UNSET") => ({ mtls: { mode } });
const ofWeb = { selector: { matchLabels: { app: "web" } } };
const ofDb = { selector: { matchLabels: { app: "db" } } };
const mesh = (spec: PeerAuthentication["spec"], minute = 0) => peerAuthentication("istio-system/mesh", spec, minute);
const space = (spec: PeerAuthentication["spec"], minute = 0, name = "space") =>
  peerAuthentication(`shop/${name}`, spec, minute);

/** Policies, and the modes of ports 80 and 81 of `web`. */
const cases: readonly [string, readonly PeerAuthentication[], string][] = [
  ["nothing", [], "PERMISSIVE PERMISSIVE"],
  ["the mesh", [mesh(mtls("STRICT"))], "STRICT STRICT"],
  ["the mesh, unset", [mesh(mtls("UNSET"))], "PERMISSIVE PERMISSIVE"],
  ["the mesh, without a word", [mesh(undefined)], "PERMISSIVE PERMISSIVE"],
  ["the namespace over the mesh", [mesh(mtls("STRICT")), space(mtls("DISABLE"))], "DISABLE DISABLE"],
  ["the namespace, unset, inherits", [mesh(mtls("STRICT")), space(mtls("UNSET"))], "STRICT STRICT"],
  ["another namespace", [peerAuthentication("other/a", mtls("STRICT"))], "PERMISSIVE PERMISSIVE"],
  [
    "the workload over the namespace",
    [space(mtls("STRICT")), space({ ...ofWeb, ...mtls("PERMISSIVE") }, 1, "w")],
    "PERMISSIVE PERMISSIVE",
  ],
  ["the workload, unset, inherits", [space(mtls("STRICT")), space(ofWeb, 1, "w")], "STRICT STRICT"],
  ["another workload", [space({ ...ofDb, ...mtls("STRICT") })], "PERMISSIVE PERMISSIVE"],
  ["an empty selector is none", [space({ selector: { matchLabels: {} }, ...mtls("STRICT") })], "STRICT STRICT"],
  ["a selector in the root namespace is ignored", [mesh({ ...ofWeb, ...mtls("STRICT") })], "PERMISSIVE PERMISSIVE"],
  ["a port", [space({ ...ofWeb, portLevelMtls: { 80: { mode: "STRICT" } } })], "STRICT PERMISSIVE"],
  [
    "a port, unset, is as the workload",
    [space({ ...ofWeb, ...mtls("STRICT"), portLevelMtls: { 80: { mode: "UNSET" }, 81: { mode: "DISABLE" } } })],
    "STRICT DISABLE",
  ],
  [
    "a port, null, is as the workload",
    [mesh(mtls("STRICT")), space({ ...ofWeb, portLevelMtls: { 80: null } })],
    "STRICT STRICT",
  ],
  [
    "ports of the namespace are not asked",
    [space({ ...mtls("STRICT"), portLevelMtls: { 80: { mode: "DISABLE" } } })],
    "STRICT STRICT",
  ],
  ["the older of two", [space(mtls("STRICT"), 2, "b"), space(mtls("DISABLE"), 1, "c")], "DISABLE DISABLE"],
  ["of one second by name", [space(mtls("STRICT"), 1, "b"), space(mtls("DISABLE"), 1, "a")], "DISABLE DISABLE"],
  [
    "the older whole: nothing is merged",
    [
      space({ ...ofWeb, ...mtls("STRICT") }, 1, "a"),
      space({ ...ofWeb, portLevelMtls: { 80: { mode: "DISABLE" } } }, 2, "b"),
    ],
    "STRICT STRICT",
  ],
  [
    "the older, unset, inherits and the younger stays out",
    [mesh(mtls("STRICT")), space(mtls("UNSET"), 1, "a"), space(mtls("DISABLE"), 2, "b")],
    "STRICT STRICT",
  ],
];

for (const [name, policies, expected] of cases) {
  test(`modes by ${name}`, () => {
    const modes = resolveModes(web, policies, defaultMesh);
    assert.equal(`${modeOf(modes, 80)} ${modeOf(modes, 81)}`, expected);
  });
}

test("every policy that was thought of is told, with what came of it", () => {
  const policies = [
    mesh(mtls("STRICT")),
    peerAuthentication("istio-system/selecting", { ...ofWeb, ...mtls("DISABLE") }),
    space(mtls("PERMISSIVE"), 1, "first"),
    space(mtls("STRICT"), 2, "second"),
    space(ofWeb, 3, "own"),
    space({ ...ofDb, ...mtls("STRICT") }, 3, "other"),
  ];
  assert.deepEqual(
    resolveModes(web, policies, defaultMesh).consulted.map(({ policy, level, outcome, reason }) => [
      policy.metadata.name,
      level,
      outcome,
      reason,
    ]),
    [
      [
        "selecting",
        "mesh",
        "ignored",
        "a PeerAuthentication of the root namespace that has a selector holds for nothing",
      ],
      ["mesh", "mesh", "overridden", "STRICT, but a narrower policy sets the mode"],
      ["first", "namespace", "sets", "PERMISSIVE"],
      ["second", "namespace", "lost", "shop/first is older, and only one of a level holds"],
      ["own", "workload", "inherits", "sets no mode of its own"],
    ],
  );
});
