"""A contract of a shop's orders, as its file says it."""

ORDERS = """\
apiVersion: v3.1.0
kind: DataContract
id: shop.orders
name: Orders
version: 1.0.0
status: active
domain: shop
description:
  purpose: One row per order.
schema:
  - name: orders
    logicalType: object
    customProperties:
      - property: businessDate
        value: ordered_at
      - property: timeZone
        value: Asia/Shanghai
      - property: latenessDays
        value: 3
      - property: formats
        value: [jsonl]
      - property: encoding
        value: gb18030
      - property: delimiter
        value: '|'
      - property: rowsPerDayMinimum
        value: 1
      - property: rowsPerDayMaximum
        value: 5000
      - property: rowRules
        value:
          - name: shipped_after_ordered
            sql: shipped_on >= cast(ordered_at as date)
            message: shipped_on is before ordered_at
      - property: ignored
        value: [properties.$ip]
    properties:
      - name: line_no
        physicalName: line
        logicalType: integer
        physicalType: BIGINT
        primaryKey: true
        primaryKeyPosition: 2
        required: true
        classification: C1
        description: Number of the line.
        logicalTypeOptions:
          minimum: 1
          maximum: 99
      - name: order_id
        logicalType: string
        physicalType: VARCHAR
        primaryKey: true
        primaryKeyPosition: 1
        required: true
        classification: C1
        description: >-
          The order,
          as the shop knows it.
        logicalTypeOptions:
          minLength: 1
          maxLength: 20
          pattern: ^[A-Z0-9]+$
      - name: ordered_at
        physicalName: properties.$time
        logicalType: timestamp
        physicalType: TIMESTAMP
        required: true
        classification: C1
        description: When it was ordered.
        logicalTypeOptions:
          minimum: '2010-01-01T00:00:00+08:00'
        customProperties:
          - property: timeFormat
            value: local
      - name: shipped_on
        logicalType: date
        physicalType: DATE
        required: false
        classification: C1
        description: When it was shipped.
      - name: amount_cny
        logicalType: number
        physicalType: DECIMAL(18,2)
        required: true
        classification: C1
        description: What it cost.
        logicalTypeOptions:
          minimum: 0.10
        customProperties:
          - property: unit
            value: CNY
      - name: state
        logicalType: string
        physicalType: VARCHAR
        required: true
        classification: C1
        description: State of the order.
        quality:
          - metric: invalidValues
            arguments: {validValues: [open, paid]}
            mustBe: 0
          - metric: nullValues
            unit: percent
            mustBeLessOrEqualTo: 5
      - name: mobile
        logicalType: string
        physicalType: VARCHAR
        classification: C2
        description: Mobile number of the buyer.
      - name: labels
        logicalType: array
        physicalType: VARCHAR[]
        items:
          logicalType: string
        classification: C1
        description: Labels.
"""
