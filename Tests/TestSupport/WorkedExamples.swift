/// The worked examples of the product's documents, as they stand there.
package enum WorkedExamples {
  /// E-commerce: source rows.
  package static let orders = #"""
    [
      {
        "order_id": "ORD-001",
        "customer_id": "CUST-123",
        "product_name": "wireless mouse",
        "quantity": 2,
        "price": 29.99,
        "order_date": "2025-01-15T10:30:00Z",
        "status": "completed",
        "customer_email": "john.doe@example.com"
      },
      {
        "order_id": "ORD-002",
        "customer_id": "CUST-456",
        "product_name": "mechanical keyboard",
        "quantity": 1,
        "price": 89.99,
        "order_date": "2025-01-15T11:45:00Z",
        "status": "pending",
        "customer_email": "jane.smith@example.com"
      },
      {
        "order_id": "ORD-003",
        "customer_id": "CUST-123",
        "product_name": "usb cable",
        "quantity": 3,
        "price": 9.99,
        "order_date": "2025-01-15T14:20:00Z",
        "status": "completed",
        "customer_email": "john.doe@example.com"
      }
    ]
    """#

  /// E-commerce: the five steps.
  package static let orderSteps = #"""
    [
      {
        "type": "field_mapping",
        "field_name": "product_name",
        "operation": "title_case"
      },
      {
        "type": "field_calculation",
        "field_name": "total_price",
        "operation": "multiply",
        "parameters": {
          "source_fields": [
            "quantity",
            "price"
          ],
          "output_field": "total_price"
        }
      },
      {
        "type": "record_filter",
        "condition": {
          "field": "status",
          "operator": "equals",
          "value": "completed"
        }
      },
      {
        "type": "field_addition",
        "field_name": "processed_timestamp",
        "value": "current_timestamp"
      },
      {
        "type": "field_validation",
        "field_name": "customer_email",
        "validation_type": "email_format"
      }
    ]
    """#

  /// E-commerce: the rows that reach the destination, with `price` renamed there.
  package static let finalOrders = #"""
    [
      {
        "order_id": "ORD-001",
        "customer_id": "CUST-123",
        "product_name": "Wireless Mouse",
        "quantity": 2,
        "unit_price": 29.99,
        "total_price": 59.98,
        "order_date": "2025-01-15T10:30:00Z",
        "status": "completed",
        "customer_email": "john.doe@example.com",
        "processed_timestamp": "2025-01-16T08:00:00Z"
      },
      {
        "order_id": "ORD-003",
        "customer_id": "CUST-123",
        "product_name": "Usb Cable",
        "quantity": 3,
        "unit_price": 9.99,
        "total_price": 29.97,
        "order_date": "2025-01-15T14:20:00Z",
        "status": "completed",
        "customer_email": "john.doe@example.com",
        "processed_timestamp": "2025-01-16T08:00:00Z"
      }
    ]
    """#

  /// Customer standardisation: source rows.
  package static let customers = #"""
    [
      {
        "customer_id": 123,
        "name": "john doe",
        "email": "JOHN.DOE@EXAMPLE.COM",
        "phone": "123-456-7890",
        "address": {
          "street": "123 Main St",
          "city": "New York",
          "state": "NY",
          "zip": "10001"
        },
        "signup_date": "2025-01-15T10:30:00Z"
      }
    ]
    """#

  /// Customer standardisation: six steps.
  package static let customerSteps = #"""
    [
      {
        "type": "field_operation",
        "field_name": "name",
        "operation": "title_case"
      },
      {
        "type": "field_operation",
        "field_name": "email",
        "operation": "lowercase"
      },
      {
        "type": "field_operation",
        "field_name": "phone",
        "operation": "format",
        "parameters": {
          "pattern": "($1) $2-$3",
          "regex": "(\\d{3})-(\\d{3})-(\\d{4})"
        }
      },
      {
        "type": "field_addition",
        "field_name": "full_address",
        "operation": "concat",
        "parameters": {
          "source_fields": [
            "address.street",
            "address.city",
            "address.state",
            "address.zip"
          ],
          "separator": ", "
        }
      },
      {
        "type": "field_removal",
        "field_names": [
          "address"
        ]
      },
      {
        "type": "field_validation",
        "field_name": "email",
        "validation_type": "email_format"
      }
    ]
    """#

  /// Customer standardisation: expected rows.
  package static let standardCustomers = #"""
    [
      {
        "customer_id": 123,
        "name": "John Doe",
        "email": "john.doe@example.com",
        "phone": "(123) 456-7890",
        "full_address": "123 Main St, New York, NY, 10001",
        "signup_date": "2025-01-15T10:30:00Z"
      }
    ]
    """#

  /// Aggregation: source rows.
  package static let transactions = #"""
    [
      {
        "transaction_id": "T001",
        "customer_id": "CUST-001",
        "product_category": "Electronics",
        "amount": 299.99,
        "date": "2025-01-15"
      },
      {
        "transaction_id": "T002",
        "customer_id": "CUST-001",
        "product_category": "Electronics",
        "amount": 99.99,
        "date": "2025-01-15"
      },
      {
        "transaction_id": "T003",
        "customer_id": "CUST-001",
        "product_category": "Clothing",
        "amount": 49.99,
        "date": "2025-01-15"
      }
    ]
    """#

  /// Aggregation: the step.
  package static let aggregation = #"""
    [
      {
        "type": "aggregation",
        "group_by_fields": [
          "customer_id",
          "date"
        ],
        "aggregated_fields": [
          {
            "input_field": "amount",
            "output_field": "total_amount",
            "operation": "sum"
          },
          {
            "input_field": "amount",
            "output_field": "avg_amount",
            "operation": "average"
          },
          {
            "input_field": "transaction_id",
            "output_field": "transaction_count",
            "operation": "count"
          }
        ],
        "include_details": false
      }
    ]
    """#

  /// Aggregation: expected rows.
  package static let totals = #"""
    [
      {
        "customer_id": "CUST-001",
        "date": "2025-01-15",
        "total_amount": 449.97,
        "avg_amount": 149.99,
        "transaction_count": 3
      }
    ]
    """#

  /// Enrichment: source rows.
  package static let plainCustomers = #"""
    [
      {
        "customer_id": "CUST-001",
        "email": "john.doe@example.com",
        "signup_date": "2025-01-15"
      }
    ]
    """#

  /// Enrichment: rows of the other system.
  package static let crm = #"""
    [
      {
        "email": "john.doe@example.com",
        "crm_id": "CRM-12345",
        "customer_segment": "Premium",
        "last_purchase_date": "2025-01-10",
        "total_spent": 1250.75
      }
    ]
    """#

  /// Enrichment: the join.
  package static let enrichment = #"""
    [
      {
        "type": "join",
        "join_type": "left",
        "primary_key": "email",
        "foreign_key": "email",
        "join_source": "crm_system",
        "included_fields": [
          "crm_id",
          "customer_segment",
          "last_purchase_date",
          "total_spent"
        ]
      }
    ]
    """#

  /// Enrichment: expected rows.
  package static let enrichedCustomers = #"""
    [
      {
        "customer_id": "CUST-001",
        "email": "john.doe@example.com",
        "signup_date": "2025-01-15",
        "crm_id": "CRM-12345",
        "customer_segment": "Premium",
        "last_purchase_date": "2025-01-10",
        "total_spent": 1250.75
      }
    ]
    """#

  /// Conditional: the step.
  package static let discount = #"""
    [
      {
        "type": "conditional",
        "condition": {
          "field": "customer_segment",
          "operator": "equals",
          "value": "VIP"
        },
        "then": [
          {
            "type": "field_addition",
            "field_name": "discount_rate",
            "value": 0.15
          }
        ],
        "else": [
          {
            "type": "field_addition",
            "field_name": "discount_rate",
            "value": 0.05
          }
        ]
      }
    ]
    """#
}
