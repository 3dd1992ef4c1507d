{# Seeds on Spark. dbt-spark puts a cell into the statement as it stands: an empty one becomes the word None, a number a
   double, and an apostrophe ends the text. #}
{% macro spark__create_csv_table(model, agate_table) -%}
    {%- set query -%}
        create table {{ this.render() }} (
            {%- for name in agate_table.column_names %}
            {{ name }} {{ seed_type(model, agate_table, loop.index0) }}{{ ',' if not loop.last }}
            {%- endfor %}
        ) using parquet
    {%- endset -%}
    {%- call statement('create') -%}{{ query }}{%- endcall -%}
    {{ return(query) }}
{%- endmacro %}


{% macro spark__load_csv_rows(model, agate_table) -%}
    {%- set query -%}
        insert into {{ this.render() }} values
        {%- for row in agate_table.rows %}
        ({%- for cell in row -%}
            cast({{ seed_cell(cell) }} as {{ seed_type(model, agate_table, loop.index0) }}){{ ', ' if not loop.last }}
        {%- endfor %}){{ ',' if not loop.last }}
        {%- endfor %}
    {%- endset -%}
    {%- if agate_table.rows -%}
        {%- do adapter.add_query(query, abridge_sql_log=True) -%}
    {%- endif -%}
    {{ return(query) }}
{%- endmacro %}


{# The type of a column of a seed: as its twin says, else as its cells look. #}
{% macro seed_type(model, agate_table, position) -%}
    {%- set name = agate_table.column_names[position] -%}
    {{ engine_type(model.config.get('column_types', {}).get(name, adapter.convert_type(agate_table, position))) }}
{%- endmacro %}


{# A cell as a literal of Spark. #}
{% macro seed_cell(cell) -%}
    {%- if cell is none -%}
        null
    {%- else -%}
        '{{ cell | string | replace("\\", "\\\\") | replace("'", "\\'") }}'
    {%- endif -%}
{%- endmacro %}
