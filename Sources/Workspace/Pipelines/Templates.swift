import Foundation
import Pipelines

extension Workspace {
  /// Makes `directory` a workspace: `workspace.yaml`, `pipelines/`, `connections/`, a `.gitignore` and a first pipeline with its data.
  /// - Returns: what was made; files that exist are left alone.
  package static func create(at directory: URL) throws -> [String] {
    let files = [
      "workspace.yaml": "# This folder is a Weir workspace.\nname: \(Run.slug(directory.lastPathComponent))\n",
      ".gitignore": ".weir/\n.env\n",
      "connections/.gitkeep": "",
      "pipelines/first.yaml": template(name: "first"),
      "data/orders.csv": "id,product,quantity,price\n1,apple,3,1.20\n2,pear,1,2.00\n3,plum,12,0.35\n",
    ]
    return try files.sorted { $0.key < $1.key }.compactMap { path, text in
      try write(text, to: directory.appending(path: path)) ? path : nil
    }
  }

  /// Adds a pipeline to start from.
  /// - Throws: `exists`.
  package func newPipeline(_ name: String) throws -> String {
    let path = "pipelines/\(Run.slug(name)).yaml"
    guard try Self.write(Self.template(name: name), to: directory.appending(path: path)) else {
      throw Problem("exists", "There is a file \(path) already.", hint: "Choose another name.")
    }
    return path
  }

  /// The JSON Schema of pipeline files.
  package var pipelineSchema: String { PipelineSchema.json(catalog: catalog) }

  private static func write(_ text: String, to url: URL) throws -> Bool {
    guard !FileManager.default.fileExists(atPath: url.path) else { return false }
    do {
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: url, options: .atomic)
    } catch {
      throw Problem(
        "not-writable", "The file \(url.path) can't be written.", hint: "Check the permissions of its folder.",
        cause: error)
    }
    return true
  }

  private static func template(name: String) -> String {
    """
    name: \(name)
    description: Reads orders, adds their total, writes a Parquet file.

    steps:
      - id: orders
        read: { from: data/orders.csv }

      - id: totals
        transform:
          sql: SELECT *, quantity * price AS total FROM orders

      - id: sane
        check:
          on: totals
          rules:
            - not_null: [id, total]
            - unique: id

      - id: publish
        write: { from: totals, to: data/totals.parquet, mode: replace }

    """
  }
}
