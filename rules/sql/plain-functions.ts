import type { Statement } from './statement.ts'

/** Functions of PostgreSQL 18 that work on their arguments alone, from its catalog; those that read text as a query are none of them. */
const own = `
  hashtext hashtextextended abbrev abs acos acosd acosh age any_value area array_agg array_append array_dims array_fill array_length
  array_lower array_ndims array_position array_positions array_prepend array_remove array_replace
  array_reverse array_sample array_shuffle array_sort array_to_json array_to_string array_to_tsvector
  array_upper ascii asin asind asinh atan atan2 atan2d atand atanh avg bit bit_and bit_count bit_length
  bit_or bit_xor bool bool_and bool_or bound_box box bpchar broadcast btequalimage btrim
  btvarstrequalimage bytea cardinality casefold cash_words cbrt ceil ceiling center char char_length
  character_length chr cidr circle clock_timestamp concat concat_ws convert convert_from convert_to corr
  cos cosd cosh cot cotd count covar_pop covar_samp crc32 crc32c cume_dist current_database current_query
  current_schema current_schemas current_setting current_user currval date date_add date_bin date_part
  date_subtract date_trunc datemultirange daterange decode degrees dense_rank dexp diagonal diameter div
  dlog1 dlog10 dround dtrunc encode enum_first enum_last enum_range erf erfc every exp extract factorial
  family first_value float4 float8 floor format format_type gamma gcd gen_random_uuid generate_series
  generate_subscripts get_bit get_byte get_current_ts_config getdatabaseencoding has_any_column_privilege
  has_column_privilege has_database_privilege has_foreign_data_wrapper_privilege has_function_privilege
  has_language_privilege has_largeobject_privilege has_parameter_privilege has_schema_privilege
  has_sequence_privilege has_server_privilege has_table_privilege has_tablespace_privilege
  has_type_privilege height host hostmask icu_unicode_version inet_client_addr inet_client_port inet_merge
  inet_same_family inet_server_addr inet_server_port initcap int2 int4 int4multirange int4range int8
  int8multirange int8range interval interval_hash_extended is_normalized isclosed isempty isfinite
  ishorizontal isopen isparallel isperp isvertical json_agg json_agg_strict json_array_elements
  json_array_elements_text json_array_length json_build_array json_build_object json_each json_each_text
  json_extract_path json_extract_path_text json_object json_object_agg json_object_agg_strict
  json_object_agg_unique json_object_agg_unique_strict json_object_keys json_populate_record
  json_populate_recordset json_strip_nulls json_to_record json_to_recordset json_to_tsvector json_typeof
  jsonb_agg jsonb_agg_strict jsonb_array_elements jsonb_array_elements_text jsonb_array_length
  jsonb_build_array jsonb_build_object jsonb_each jsonb_each_text jsonb_extract_path
  jsonb_extract_path_text jsonb_hash_extended jsonb_insert jsonb_object jsonb_object_agg
  jsonb_object_agg_strict jsonb_object_agg_unique jsonb_object_agg_unique_strict jsonb_object_keys
  jsonb_path_exists jsonb_path_exists_tz jsonb_path_match jsonb_path_match_tz jsonb_path_query
  jsonb_path_query_array jsonb_path_query_array_tz jsonb_path_query_first jsonb_path_query_first_tz
  jsonb_path_query_tz jsonb_populate_record jsonb_populate_record_valid jsonb_populate_recordset
  jsonb_pretty jsonb_set jsonb_set_lax jsonb_strip_nulls jsonb_to_record jsonb_to_recordset
  jsonb_to_tsvector jsonb_typeof justify_days justify_hours justify_interval lag last_value lastval lcm
  lead left length lgamma like like_escape line ln log log10 lower lower_inc lower_inf lpad lseg ltrim
  macaddr macaddr8 macaddr8_set7bit make_date make_interval make_time make_timestamp make_timestamptz
  masklen max md5 min min_scale mod mode money multirange mxid_age name nameconcatoid netmask network
  nextval normalize notlike now npoints nth_value ntile num_nonnulls num_nulls numeric numeric_div_trunc
  numeric_exp numeric_inc numeric_ln numeric_log numeric_sqrt nummultirange numnode numrange octet_length
  oid oidvectortypes overlaps overlay parse_ident path pclose percent_rank percentile_cont percentile_disc
  phraseto_tsquery pi plainto_tsquery plpgsql_validator point polygon popen position
  postgresql_fdw_validator pow power querytree quote_ident quote_literal quote_nullable radians radius
  random random_normal range_agg range_intersect_agg range_merge rank regclass regexp_count regexp_instr
  regexp_like regexp_match regexp_matches regexp_replace regexp_split_to_array regexp_split_to_table
  regexp_substr regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy
  regr_syy repeat replace reverse right round row_number row_security_active row_to_json rpad rtrim scale
  session_user set_bit set_byte set_config set_masklen setseed setval setweight sha224 sha256 sha384
  sha512 sign similar_escape similar_to_escape sin sind sinh slope split_part sqrt statement_timestamp
  stddev stddev_pop stddev_samp string_agg string_to_array string_to_table strip strpos substr substring
  sum system_user tan tand tanh text textlen time time_hash time_hash_extended timeofday timestamp
  timestamp_hash_extended timestamptz timestamptz_hash timestamptz_hash_extended timetz timetz_hash
  timetz_hash_extended timezone to_ascii to_bin to_char to_date to_hex to_json to_jsonb to_number to_oct
  to_regclass to_regcollation to_regnamespace to_regoper to_regoperator to_regproc to_regprocedure
  to_regrole to_regtype to_regtypemod to_timestamp to_tsquery to_tsvector transaction_timestamp translate
  trim_array trim_scale trunc ts_debug ts_delete ts_filter ts_headline ts_lexize ts_parse ts_rank
  ts_rank_cd ts_token_type tsmultirange tsquery_phrase tsrange tstzmultirange tstzrange tsvector_to_array
  txid_current txid_current_if_assigned txid_current_snapshot txid_snapshot_xip txid_snapshot_xmax
  txid_snapshot_xmin txid_status txid_visible_in_snapshot unicode_assigned unicode_version unistr unnest
  upper upper_inc upper_inf uuid_extract_timestamp uuid_extract_version uuid_hash uuid_hash_extended
  uuidv4 uuidv7 var_pop var_samp varbit varchar variance version websearch_to_tsquery width width_bucket
  xid xml xml_is_well_formed xml_is_well_formed_content xml_is_well_formed_document xmlagg xmlcomment
  xmlexists xmltext xmlvalidate xpath xpath_exists`

/** Functions of common extensions (uuid-ossp, pg_trgm, unaccent, fuzzystrmatch, pgcrypto, hstore, vector, earthdistance) that do so. */
const extensions = `
  uuid_generate_v1 uuid_generate_v1mc uuid_generate_v3 uuid_generate_v4 uuid_generate_v5 uuid_nil
  similarity word_similarity strict_word_similarity show_trgm set_limit show_limit unaccent levenshtein
  soundex difference metaphone dmetaphone digest hmac crypt gen_salt encrypt decrypt gen_random_bytes
  pgp_sym_encrypt pgp_sym_decrypt pgp_pub_encrypt pgp_pub_decrypt armor dearmor hstore akeys avals skeys
  svals each hstore_to_json hstore_to_jsonb cosine_distance l2_distance inner_product l1_distance
  vector_dims l2_normalize subvector earth_distance ll_to_earth earth_box cube time_bucket`

/** What the grammar and the readers of builders write as calls. */
const grammar = 'coalesce nullif greatest least any all some excluded increment decrement'

const known = new Set(`${own} ${extensions} ${grammar}`.split(/\s+/))

/** Functions of the system that read a file, the log of changes or another database. */
const reaching = /^pg_(?:read_|ls_|logical_slot_)/

/** Does the function or operator certainly touch no table? Only then does a call of it say all that it does. */
function isPlain(name: string): boolean {
  const bare = name.replace(/^(?:pg_catalog|public|extensions)\./, '').toLowerCase()
  if (!/^[a-z_]/.test(bare) || known.has(bare)) return true
  return /^(?:pg_|st_|cast to )/.test(bare) && !reaching.test(bare)
}

/** The functions that a statement calls and that may touch tables of their own: those of the project, and the few of the system that do. */
export function functionsCalled({ block }: Statement): readonly string[] {
  const found = new Set<string>()
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit)
    else if (typeof value === 'object' && value !== null) {
      const { kind, name } = value as { readonly kind?: string; readonly name?: unknown }
      if (kind === 'call' && typeof name === 'string' && !isPlain(name)) found.add(name)
      Object.values(value).forEach(visit)
    }
  }
  visit(block)
  return [...found]
}

/** The same for the body of a procedural function, by the words of its text; null where it may run a statement. */
export function functionsInBody(body: string): readonly string[] | null {
  const text = body.replace(/--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'/g, ' ')
  if (/\b(?:select|insert|update|delete|merge|truncate|execute|perform|call|copy|open|for)\b/i.test(text))
    return null
  const names = [...text.matchAll(/([a-z_][\w.]*)\s*\(/gi)].map(([, name]) => name!)
  return names.filter(
    (name) => !isPlain(name) && !/^(?:if|elsif|while|when|and|or|not|in|any|return|then|else)$/i.test(name),
  )
}
