import assert from "node:assert/strict";
import { test } from "node:test";
import { gatekeeperDefinitions } from "@sallyport/constraints/definitions";
import { eventually, template, withGatekeeper } from "./gatekeeper.fixture.ts";

const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const own = `${path}/constrainttemplates.templates.gatekeeper.sh`;
const templates = "/apis/templates.gatekeeper.sh/v1/constrainttemplates";

test("Gatekeeper's kinds are CustomResourceDefinitions, and of one that is deleted policies go, too", () =>
  withGatekeeper(async ({ apply, get, remove }) => {
    const { items } = await get(path);
    assert.deepEqual(
      items.map((each: { readonly metadata: { readonly name: string } }) => each.metadata.name),
      gatekeeperDefinitions.map(({ metadata }) => metadata.name).sort(),
    );
    const { uid } = (await get(own))["metadata"];
    assert.equal(await apply(template("NeedLabels", 'msg := "no"')), "created");
    const constraints = `${path}/needlabels.constraints.gatekeeper.sh`;
    await eventually(
      () => get(constraints),
      (each) => each["kind"] === "CustomResourceDefinition",
    );
    await remove(own);
    const made = await eventually(
      () => get(own),
      (each) => each["metadata"] !== undefined && each["metadata"].uid !== uid,
    );
    assert.notEqual(made["metadata"].uid, uid);
    assert.deepEqual((await get(templates))["items"], []);
    const gone = await eventually(
      () => get(constraints),
      (each) => each["kind"] === undefined,
    );
    assert.match(String(gone), /"needlabels.constraints.gatekeeper.sh" not found/);
    assert.equal(await apply(template("NeedLabels", 'msg := "no"')), "created");
  }));

test("without its plugin nothing is there of Gatekeeper", () =>
  withGatekeeper(async ({ get }) => assert.deepEqual((await get(path))["items"], []), { disable: ["Gatekeeper"] }));
