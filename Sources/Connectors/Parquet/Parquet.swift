import Pipelines
import Tabular

/// Apache Parquet files.
package struct Parquet: FileFormat {
  package var path = ""
  var hive = true
  var unionByName = true
  var compression = Compression.snappy
  var rowGroupSize = 122_880

  enum Compression: String, CaseIterable, SettingChoice { case snappy, zstd, gzip, uncompressed }

  package static let manifest = Manifest<Parquet>(
    id: "parquet", title: "Parquet", summary: "Reads and writes columnar Parquet files.", category: .file,
    fileEndings: ["parquet", "pq"],
    settings: SettingsSchema(Parquet()) {
      Field(\.path, "path", "File, folder, pattern or http(s) address.").example("sales/*.parquet").also(
        "file_path", "url")
      Field(\.hive, "hive", "Whether folders named key=value become columns.").advanced().also("hive_partitioning")
      Field(\.unionByName, "union_by_name", "Whether files with differing columns are put together by name.").advanced()
      Field(\.compression, "compression", "How pages are compressed when writing.").advanced()
      Field(\.rowGroupSize, "row_group_size", "Rows per row group when writing.").advanced()
    })

  package func extract(_ read: FileRead) async throws -> Extract {
    let query: SQL = """
      SELECT * FROM read_parquet(\(read.files.list), hive_partitioning = \(hive), hive_types_autocast = false, \
      union_by_name = \(unionByName && read.files.paths.count > 1))
      """
    let rows =
      read.files.paths.contains { $0.contains("://") }
      ? nil
      : try await read.ask("SELECT sum(num_rows)::BIGINT FROM parquet_file_metadata(\(read.files.list))").first?.first
    var extract = Extract(.query(read.restricted(query), setup: read.files.setup))
    if case .integer(let count)? = rows { extract.estimatedRows = Int(count) }
    return extract
  }

  package func layout(_ write: FileWrite) throws -> FileLayout {
    let columns = try write.request.schema.columns.map { column in
      switch column.type {
      // Parquet has no 128-bit integers: the engine would turn them into doubles.
      case .integer(bits: 128, _): Column(column.name, .decimal(precision: 38, scale: 0))
      case .null: Column(column.name, .int32)
      case .bit, .timeTZ, .other: throw write.refusal(column, "Parquet")
      case .timestamp(.seconds): Column(column.name, .timestamp(.milliseconds))
      default: column
      }
    }
    let casts = columns.map { column -> SQL in "CAST(\(name: column.name) AS \(column.type)) AS \(name: column.name)" }
    let (compression, rowGroupSize) = (compression, rowGroupSize)
    return FileLayout(landing: Schema(columns)) { rows, path in
      """
      COPY (\(rows)) TO \(text: path) (FORMAT parquet, COMPRESSION \(SQL(raw: compression.rawValue)), ROW_GROUP_SIZE \(rowGroupSize))
      """
    } readBack: { path in
      "SELECT \(casts) FROM read_parquet(\(text: path), hive_partitioning = false)"
    }
  }
}
