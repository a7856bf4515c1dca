import { expect, test } from "vitest";
import { checkRoot } from "./check-root.ts";
import { formatFinding } from "./finding.ts";
import { parseRendered } from "./rendered-objects.ts";

const application = (source: string, wave = '"6"'): string => `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: breweries
  namespace: cicd
  annotations:
    argocd.argoproj.io/sync-wave: ${wave}
spec:
  source: ${source}
`;

function said(text: string): string[] {
  const tree = new Map([
    ["apps/breweries.yaml", text],
    ["overlays/local/processing/breweries/kustomization.yaml", "resources: []\n"],
  ]);
  return checkRoot({ environment: "local", objects: parseRendered(text), tree }).map(formatFinding);
}

test("an Application that names a folder and a wave is fine", () => {
  expect(said(application("{ path: overlays/local/processing/breweries }"))).toEqual([]);
  expect(said(application("{ path: overlays/local/processing/breweries/ }", '"-1"'))).toEqual([]);
});

test.each([
  {
    mistake: "a path that is not there",
    text: application("{ path: overlays/local/processing/brewerys }"),
    says: /^apps\/breweries.yaml:9:19: error: the Application breweries syncs overlays\/local\/processing\/brewerys, which has no kustomization.yaml; .+; did you mean `overlays\/local\/processing\/breweries`\? \[apps\/missing-path\]$/,
  },
  {
    mistake: "no path",
    text: application("{}"),
    says: /^apps\/breweries.yaml:9:11: error: the Application breweries has no spec.source.path/,
  },
  {
    mistake: "a wave that is no number",
    text: application("{ path: overlays/local/processing/breweries }", "six"),
    says: /^apps\/breweries.yaml:7:35: error: the wave of Application breweries is "six"; expected a whole number in quotes/,
  },
  {
    mistake: "a wave without quotes",
    text: application("{ path: overlays/local/processing/breweries }", "6"),
    says: /^apps\/breweries.yaml:7:35: error: the wave of Application breweries is 6; expected a whole number in quotes/,
  },
])("tells $mistake", ({ text, says }) => {
  expect(said(text)).toEqual([expect.stringMatching(says)]);
});
