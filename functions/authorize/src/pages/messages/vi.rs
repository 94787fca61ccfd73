//! Tiếng Việt.

use super::{Around, Explanation, Messages};

pub(in super::super) const VIETNAMESE: Messages = Messages {
    tag: "vi",
    problem_prefix: "Lỗi: ",
    cancel: "Hủy",
    signed_in_as: Around("Bạn đang đăng nhập bằng tài khoản ", "."),

    sign_in: "Đăng nhập",
    continue_to: Around("Đăng nhập để tiếp tục sử dụng ", "."),
    username: "Tên đăng nhập",
    password: "Mật khẩu",
    wrong_credentials: "Tên đăng nhập hoặc mật khẩu không đúng. \
        Nếu đã thử nhiều lần, bạn cần đợi vài phút rồi mới có thể đăng nhập.",
    incomplete: "Vui lòng nhập tên đăng nhập và mật khẩu.",
    form_expired: "Trang này đã mở quá lâu hoặc trình duyệt của bạn không lưu cookie. Vui lòng thử lại.",

    choose_password: "Đặt mật khẩu mới",
    choose_password_first: "Bạn cần đổi mật khẩu trước khi tiếp tục.",
    current_password: "Mật khẩu hiện tại",
    new_password: "Mật khẩu mới",
    new_password_hint: "Ít nhất 8 ký tự. Không dùng mật khẩu phổ biến hoặc tên đăng nhập của bạn.",
    change_password: "Đổi mật khẩu",
    wrong_current_password: "Mật khẩu hiện tại không đúng. \
        Nếu đã thử nhiều lần, bạn cần đợi vài phút rồi mới có thể đổi mật khẩu.",
    password_malformed: "Mật khẩu mới quá dài hoặc có ký tự không được phép.",
    password_too_short: "Mật khẩu mới quá ngắn. Mật khẩu phải có ít nhất 8 ký tự.",
    password_common: "Mật khẩu mới quá phổ biến. Vui lòng chọn mật khẩu khác.",
    password_like_username: "Mật khẩu mới quá giống tên đăng nhập của bạn. Vui lòng chọn mật khẩu khác.",
    password_same: "Mật khẩu mới trùng với mật khẩu hiện tại. Vui lòng chọn mật khẩu khác.",
    passwords_incomplete: "Vui lòng nhập mật khẩu hiện tại và mật khẩu mới.",

    allow_client: Around("Cho phép ", " sử dụng tài khoản của bạn?"),
    not_registered: Around("Ứng dụng này chưa được đăng ký với dịch vụ này. Địa chỉ của ứng dụng là ", "."),
    calls_itself: Around("Ứng dụng tự gọi mình là \u{201c}", "\u{201d}."),
    client_can: "Nếu bạn cho phép, ứng dụng này có thể:",
    client_can_at: "Ứng dụng có thể làm điều này với:",
    scope_openid: "Xác nhận danh tính của bạn",
    scope_profile: "Xem hồ sơ của bạn, chẳng hạn như tên và ảnh đại diện",
    scope_email: "Xem địa chỉ email của bạn",
    scope_phone: "Xem số điện thoại của bạn",
    scope_address: "Xem địa chỉ bưu chính của bạn",
    scope_offline_access: "Duy trì trạng thái đăng nhập, kể cả khi bạn không dùng ứng dụng",
    scope_other: "Sử dụng quyền này:",
    returns_to: Around("Tiếp theo, bạn sẽ quay lại ", "."),
    returns_to_app: "Tiếp theo, bạn sẽ quay lại ứng dụng trên thiết bị này.",
    any_app_could_ask: "Bất kỳ ứng dụng nào trên thiết bị này cũng có thể mạo danh ứng dụng đó. \
        Chỉ cho phép nếu chính bạn vừa khởi động ứng dụng.",
    allow_if_trusted: "Chỉ cho phép những ứng dụng mà bạn tin tưởng.",
    allow: "Cho phép",
    deny: "Từ chối",

    go_on_to: Around("Tiếp tục đến ", "?"),
    go_on_if_begun: "Một ứng dụng trên thiết bị này muốn sử dụng tài khoản của bạn. \
        Chỉ tiếp tục nếu bạn vừa bắt đầu đăng nhập trong ứng dụng đó.",
    go_on: "Tiếp tục",

    account: "Tài khoản của bạn",
    devices: "Thiết bị",
    devices_lead: "Bạn đang đăng nhập trên các thiết bị dưới đây. \
        Nếu thấy thiết bị lạ, hãy đăng xuất khỏi thiết bị đó và đổi mật khẩu.",
    unknown_device: "Thiết bị không xác định",
    browser_on_system: " trên ",
    this_browser: "Trình duyệt này",
    bound: "Được bảo vệ bằng khóa riêng",
    client: "Ứng dụng",
    last_used: "Dùng gần nhất",
    signed_in: "Đăng nhập lúc",
    address: "Địa chỉ IP",
    more_devices: "Còn các thiết bị khác không hiển thị ở đây.",
    sign_out_others: "Đăng xuất khỏi các thiết bị khác",
    device_signed_out: "Đã đăng xuất khỏi thiết bị.",
    others_signed_out: "Đã đăng xuất khỏi tất cả thiết bị khác.",
    password_changed: "Đã đổi mật khẩu.",
    months: ["/1/", "/2/", "/3/", "/4/", "/5/", "/6/", "/7/", "/8/", "/9/", "/10/", "/11/", "/12/"],

    sign_out: "Đăng xuất",
    sign_out_here: "Đăng xuất khỏi trình duyệt này",
    sign_out_question: "Bạn có muốn đăng xuất khỏi trình duyệt này không?",
    stay_signed_in: "Không đăng xuất",
    signed_out: Explanation { title: "Bạn đã đăng xuất", text: "Bạn có thể đóng trang này." },

    unknown_client: Explanation {
        title: "Ứng dụng không xác định",
        text: "Ứng dụng đưa bạn đến đây chưa được đăng ký với dịch vụ này hoặc không còn được sử dụng.",
    },
    unusable_document: Explanation {
        title: "Không thể kiểm tra ứng dụng này",
        text: "Ứng dụng đưa bạn đến đây chưa được đăng ký với dịch vụ này, \
            và không có bản mô tả dùng được tại địa chỉ của ứng dụng.",
    },
    unknown_redirect_uri: Explanation {
        title: "Địa chỉ quay lại không hợp lệ",
        text: "Ứng dụng muốn đưa bạn đến một địa chỉ chưa được đăng ký cho ứng dụng đó. \
            Để bảo vệ tài khoản của bạn, yêu cầu này đã bị chặn.",
    },
    bad_request: Explanation {
        title: "Không thể hiển thị trang này",
        text: "Yêu cầu không đầy đủ hoặc không hợp lệ. Vui lòng quay lại ứng dụng và thử lại.",
    },
    form_expired_page: Explanation {
        title: "Vui lòng thử lại",
        text: "Trang này đã mở quá lâu hoặc trình duyệt của bạn không lưu cookie. \
            Vui lòng quay lại ứng dụng và bắt đầu lại.",
    },
    unavailable: Explanation {
        title: "Dịch vụ tạm thời gián đoạn", text: "Vui lòng thử lại sau giây lát."
    },
    failure: Explanation {
        title: "Đã xảy ra lỗi", text: "Đây là lỗi của chúng tôi. Vui lòng thử lại sau."
    },
};
