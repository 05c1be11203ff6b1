import assert from "node:assert/strict";
import { test } from "node:test";
import { annotationFaults, interceptionOf } from "./annotations.ts";

const traffic = "traffic.sidecar.istio.io";

test("annotations that are right, and that are not", () => {
  const cases: readonly (readonly [name: string, value: string, fault?: RegExp])[] = [
    [`${traffic}/includeInboundPorts`, "*"],
    [`${traffic}/includeInboundPorts`, ""],
    [`${traffic}/excludeInboundPorts`, "80, 443"],
    [`${traffic}/excludeInboundPorts`, "80,443,", /port ''/],
    [`${traffic}/excludeInboundPorts`, "65536", /port '65536': expected ports from 0 to 65535/],
    [`${traffic}/excludeOutboundPorts`, "*", /port '\*'/],
    [`${traffic}/includeOutboundIPRanges`, "*"],
    [`${traffic}/includeOutboundIPRanges`, "10.0.0.0/8,fd00::/8"],
    [`${traffic}/includeOutboundIPRanges`, "10.0.0.0/33", /range '10\.0\.0\.0\/33'/],
    [`${traffic}/excludeOutboundIPRanges`, "10.0.0.1", /range '10\.0\.0\.1'/],
    [`${traffic}/excludeOutboundIPRanges`, "*", /range/],
    ["sidecar.istio.io/interceptionMode", "REDIRECT"],
    ["sidecar.istio.io/interceptionMode", "TPROXY", /expected REDIRECT, NONE/],
    ["status.sidecar.istio.io/port", "15020"],
    ["status.sidecar.istio.io/port", "-1", /from 0 to 65535/],
    ["readiness.status.sidecar.istio.io/periodSeconds", "4294967296", /whole number/],
    ["sidecar.istio.io/rewriteAppHTTPProbers", "yes", /expected 1, t/],
    ["sidecar.istio.io/proxyCPU", "100m"],
    ["sidecar.istio.io/proxyMemoryLimit", "lots", /quantity/],
    ["toString", "is nobody's"],
  ];
  for (const [name, value, fault] of cases) {
    const found = annotationFaults({ [name]: value });
    assert.equal(found.length, fault === undefined ? 0 : 1, `${name}: ${value}`);
    if (fault !== undefined) assert.match(found[0] as string, fault);
  }
});

test("which connections are taken", () => {
  const all = {
    inboundPorts: "*",
    excludedInboundPorts: [15_020],
    outboundRanges: "*",
    excludedOutboundRanges: [],
    outboundPorts: [],
    excludedOutboundPorts: [],
    excludedInterfaces: [],
  };
  assert.deepEqual(interceptionOf({}, [15_020]), all);
  const none = { [`${traffic}/includeInboundPorts`]: "", [`${traffic}/includeOutboundIPRanges`]: "" };
  assert.deepEqual(interceptionOf(none, [15_020]), { ...all, inboundPorts: [], outboundRanges: [] });
  const some = interceptionOf(
    {
      [`${traffic}/includeInboundPorts`]: "80,8080",
      [`${traffic}/excludeInboundPorts`]: "9090",
      [`${traffic}/includeOutboundPorts`]: "443",
      [`${traffic}/excludeOutboundPorts`]: "3306",
      [`${traffic}/excludeOutboundIPRanges`]: "10.1.0.0/16, 10.2.0.0/16",
      [`${traffic}/excludeInterfaces`]: "net1",
    },
    [],
  );
  assert.deepEqual(some, {
    inboundPorts: [80, 8080],
    excludedInboundPorts: [9090],
    outboundRanges: "*",
    excludedOutboundRanges: ["10.1.0.0/16", "10.2.0.0/16"],
    outboundPorts: [443],
    excludedOutboundPorts: [3306],
    excludedInterfaces: ["net1"],
  });
});
