import Testing

@testable import Pipelines

@Suite struct InterpolationTests {
  private func table(
    _ value: String, environment: [String: String] = [:], parameters: [String: String] = [:],
    redactor: Redactor = Redactor()
  ) throws -> String? {
    let parser = PipelineParser(
      environment: environment, parameters: parameters, secrets: KnownSecrets(values: ["shop_password": "s3cr3t-word"]),
      run: RunFacts(id: "r7", startedAt: "2025-01-16T08:00:00Z"), redactor: redactor)
    let spec = try parser.parse(
      "parameters: { region: north }\nsteps:\n  - { id: a, read: { from: shop, table: \(value) } }", file: "p.yaml")
    guard case .read(let read) = spec.steps[0].work, case .table(let name) = read.subject else { return nil }
    return name
  }

  @Test func fillsEveryForm() throws {
    let environment = ["SCHEMA": "sales", "EMPTY": ""]
    #expect(try table("\"${SCHEMA}.orders\"", environment: environment) == "sales.orders")
    #expect(try table("\"${MISSING:-public}.orders\"", environment: environment) == "public.orders")
    #expect(try table("\"${EMPTY:-public}.orders\"", environment: environment) == "public.orders")
    #expect(try table("\"$${SCHEMA} $$ $1\"", environment: environment) == "${SCHEMA} $$ $1")
    #expect(try table("\"t_{{ run.id }}_{{ region }}_{{parameters.region}}\"") == "t_r7_north_north")
    #expect(try table("\"t_{{ region }}\"", parameters: ["region": "south"]) == "t_south")
    #expect(try table("\"at {{ run.started_at }}\"") == "at 2025-01-16T08:00:00Z")
    #expect(try table("'{{ \"{{\" }} x'") == "{{ x")
  }

  @Test func secretsAreFilledAndRedacted() throws {
    let redactor = Redactor()
    #expect(try table("'{{ secret(\"shop_password\") }}'", redactor: redactor) == "s3cr3t-word")
    #expect(redactor.redact("password=s3cr3t-word!") == "password=•••!")
    _ = try table("\"${DB_PASSWORD}\"", environment: ["DB_PASSWORD": "hunter22"], redactor: redactor)
    #expect(redactor.redact("hunter22") == "•••")
    #expect(redactor.redact("hunter22\u{301}, hunter22\u{FE0F}") == "•••\u{301}, •••\u{FE0F}")
    #expect(redactor.isSecret(in: "x hunter22\u{200D}"))
  }

  @Test func unknownNamesAreProblemsWithPlaceAndNearName() {
    for (value, code, near) in [
      ("\"x ${SCHEMMA}\"", "unknown-variable", "SCHEMA"), ("\"{{ regio }}\"", "unknown-parameter", "region"),
      ("'{{ secret(\"shop_pasword\") }}'", "unknown-secret", "shop_password"),
    ] {
      do {
        _ = try table(value, environment: ["SCHEMA": "a"])
        Issue.record("\(value) was accepted")
      } catch let problems as Problems {
        #expect(problems.all.map(\.code.description) == [code])
        #expect(problems.all[0].hint == "Did you mean \"\(near)\"?")
        #expect(problems.all[0].location?.line == 3)
      } catch {
        Issue.record("\(error)")
      }
    }
  }

  @Test func variablesMayBeNumbersAndToggles() throws {
    let parser = PipelineParser(environment: ["LIMIT": "10", "ZIP": "01234"])
    let spec = try parser.parse(
      "steps: [{ id: a, read: { from: x, table: t, limit: \"${LIMIT}\", zip: \"${ZIP}\" } }]", file: "p.yaml")
    guard case .read(let read) = spec.steps[0].work else {
      Issue.record("wrong kind")
      return
    }
    #expect(read.limit == 10)
    #expect(read.options?["zip"]?.content == .text("01234"))
  }
}
