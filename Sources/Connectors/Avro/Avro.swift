import Pipelines
import Tabular

/// Apache Avro object container files.
package struct Avro: FileFormat {
  package var path = ""

  package static let manifest = Manifest<Avro>(
    id: "avro", title: "Avro", summary: "Reads and writes Avro object container files.", category: .file,
    fileEndings: ["avro"],
    settings: SettingsSchema(Avro()) {
      Field(\.path, "path", "File, folder, pattern or http(s) address.").example("events/*.avro").also(
        "file_path", "url")
    })

  package func extract(_ read: FileRead) async throws -> Extract {
    let setup = read.files.setup + [.load("avro", from: read.context.extensions)]
    return Extract(.query(read.restricted("SELECT * FROM read_avro(\(read.files.list))"), setup: setup))
  }

  package func layout(_ write: FileWrite) throws -> FileLayout {
    let columns = try write.request.schema.columns.map { column in
      switch column.type {
      case .integer(bits: 8, _), .integer(bits: 16, _): Column(column.name, .int32)
      case .integer(bits: 32, signed: false): Column(column.name, .int64)
      case .integer(bits: 64, signed: false): Column(column.name, .decimal(precision: 20, scale: 0))
      case .integer(bits: 128, _): Column(column.name, .decimal(precision: 38, scale: 0))
      case .null, .json, .uuid, .enumeration: Column(column.name, .text)
      case .timestamp(.seconds), .timestamp(.milliseconds): Column(column.name, .timestampMicros)
      case .timestamp(.nanoseconds), .bit, .timeTZ, .interval, .map, .array, .other: throw write.refusal(column, "Avro")
      default: column
      }
    }
    let casts = columns.map { column -> SQL in "CAST(\(name: column.name) AS \(column.type)) AS \(name: column.name)" }
    return FileLayout(setup: [.load("avro", from: write.context.extensions)], landing: Schema(columns)) { rows, path in
      "COPY (\(rows)) TO \(text: path) (FORMAT avro)"
    } readBack: { path in
      "SELECT \(casts) FROM read_avro(\(text: path))"
    }
  }
}
