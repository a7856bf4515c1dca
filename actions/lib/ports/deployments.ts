/** What was delivered to an environment. */
export interface DeliveryNews {
  environment: string;
  /** The commit that Argo CD syncs. */
  commit: string;
  /** The commit that the images were built from; `undefined` when there is no such one. */
  source: string | undefined;
  /** One short sentence. */
  description: string;
}

/** How an environment is at a commit, as far as anybody has said. */
export interface Health {
  state: "healthy" | "unhealthy" | "unknown";
  /** Half a sentence that says who says so. */
  told: string;
}

/** Shows where each commit is. */
export interface Deployments {
  /** Tells that a delivery is on its way to an environment. */
  begin(news: DeliveryNews): Promise<void>;
}

/** Knows how environments are. */
export interface EnvironmentHealth {
  /**
   * @param environment its name
   * @param proves whether being healthy at a commit proves what shall be proved: it holds the same images
   */
  of(environment: string, proves: (commit: string) => Promise<boolean>): Promise<Health>;
}
