/** Where files for people and other tools go that are no part of the repository. */
export interface ReportFiles {
  /** Writes a file, over one of that name; returns its path. */
  write(name: string, text: string): Promise<string>;
}
