//! Tiếng Việt.

use super::{Around, Explanation, Messages};

pub(in super::super) const VIETNAMESE: Messages = Messages {
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

    new_account: "Tạo tài khoản",
    new_account_lead: "Nhập địa chỉ email của bạn. \
        Chúng tôi sẽ gửi cho bạn một email có liên kết để đặt mật khẩu.",
    forgot_password: "Quên mật khẩu?",
    forgot_password_lead: "Nhập địa chỉ email của tài khoản. \
        Chúng tôi sẽ gửi cho bạn một email có liên kết để đặt mật khẩu mới.",
    email: "Địa chỉ email",
    send_mail: "Gửi email",
    back_to_sign_in: "Quay lại trang đăng nhập",
    email_malformed: "Vui lòng nhập một địa chỉ email, ví dụ ten@example.com.",
    email_not_allowed: "Không thể dùng địa chỉ email thuộc tên miền này. Vui lòng nhập địa chỉ khác.",
    too_many_requests: "Đã có quá nhiều yêu cầu. Vui lòng thử lại sau.",
    captcha_unsolved: "Vui lòng giải captcha rồi gửi lại biểu mẫu.",
    captcha_needs_script: "Biểu mẫu này cần JavaScript: captcha giúp phân biệt người dùng với chương trình tự động.",
    mail_expired: "Email đó đã quá cũ. Vui lòng yêu cầu email mới.",
    check_mail: "Kiểm tra hộp thư của bạn",
    mail_sent_to: Around(
        "Chúng tôi đã gửi một email đến ",
        ". Hãy mở liên kết trong email đó hoặc nhập mã trong email vào đây.",
    ),
    mail_sent_again: "Chúng tôi đã gửi email mới. Liên kết và mã trong các email trước không còn dùng được.",
    code: "Mã",
    code_hint: "Sáu chữ số, có hiệu lực trong một giờ. Nếu vài phút sau vẫn chưa nhận được email, \
        hãy kiểm tra lại địa chỉ và thư mục thư rác.",
    wrong_code: "Mã không đúng hoặc không còn hiệu lực. \
        Nếu nhập sai nhiều lần, bạn cần yêu cầu email mới.",
    send_again: "Gửi email mới",
    back_to_account: "Quay lại trang tài khoản",
    choose_first_password: "Đặt mật khẩu",
    password_missing: "Vui lòng nhập mật khẩu.",
    account_created: Explanation {
        title: "Tài khoản của bạn đã sẵn sàng",
        text: "Hãy đăng nhập bằng địa chỉ email và mật khẩu của bạn.",
    },
    password_reset: Explanation {
        title: "Đã đổi mật khẩu",
        text: "Bạn đã được đăng xuất khỏi tất cả thiết bị. Hãy đăng nhập bằng mật khẩu mới.",
    },
    go_back_to_app: "Để tiếp tục trong một ứng dụng, hãy quay lại ứng dụng đó và đăng nhập.",
    link_gone: Explanation {
        title: "Liên kết này không còn dùng được",
        text: "Mỗi liên kết chỉ dùng được một lần và trong thời hạn ghi trong email. \
            Nếu bạn đã nhận nhiều email, chỉ liên kết trong email mới nhất còn dùng được. \
            Nếu bạn đã đặt mật khẩu, hãy đăng nhập bằng mật khẩu đó.",
    },
    ask_again: "Yêu cầu email mới",
    ask_again_in_app: "Vui lòng quay lại ứng dụng nơi bạn đã bắt đầu và yêu cầu email mới tại đó. \
        Nếu bạn được mời, hãy xin một lời mời mới.",

    change_email: "Đổi địa chỉ email",
    change_email_lead: "Nhập địa chỉ mới. Chúng tôi sẽ gửi đến địa chỉ đó một email có liên kết và mã. \
        Địa chỉ hiện tại vẫn được giữ nguyên cho đến khi bạn xác nhận địa chỉ mới.",
    new_email: "Địa chỉ email mới",
    email_same: "Tài khoản của bạn đang dùng địa chỉ này. Vui lòng nhập địa chỉ khác.",
    wrong_own_password: "Mật khẩu không đúng. \
        Nếu đã thử nhiều lần, bạn cần đợi vài phút rồi mới có thể thử lại.",
    own_password_missing: "Vui lòng nhập mật khẩu hiện tại.",
    confirm_email: "Xác nhận địa chỉ email mới",
    confirm_email_lead: "Tài khoản của bạn sẽ dùng địa chỉ này. Từ đó, bạn đăng nhập bằng địa chỉ này. \
        Chỉ xác nhận nếu chính bạn đã yêu cầu thay đổi.",
    confirm: "Xác nhận địa chỉ",
    email_changed: Explanation {
        title: "Đã đổi địa chỉ email",
        text: "Từ bây giờ, hãy đăng nhập bằng địa chỉ mới và mật khẩu như cũ. \
            Bạn vẫn đăng nhập trên các thiết bị của mình.",
    },
    email_link_gone: Explanation {
        title: "Liên kết này không còn dùng được",
        text: "Mỗi liên kết có hiệu lực trong một giờ và chỉ dùng được một lần. \
            Nếu bạn đã nhận nhiều email, chỉ liên kết trong email mới nhất còn dùng được. \
            Nếu bạn đã xác nhận địa chỉ, bạn có thể đăng nhập bằng địa chỉ đó.",
    },
    undo_email: "Khôi phục địa chỉ email",
    undo_email_lead: "Tài khoản của bạn sẽ dùng lại địa chỉ này. Hãy đặt mật khẩu mới, \
        vì có thể người khác đã biết mật khẩu cũ. Tất cả thiết bị sẽ bị đăng xuất.",
    restore: "Khôi phục địa chỉ",
    email_restored: Explanation {
        title: "Đã khôi phục địa chỉ email",
        text: "Bạn đã được đăng xuất khỏi tất cả thiết bị. \
            Hãy đăng nhập bằng địa chỉ này và mật khẩu mới.",
    },
    undo_link_gone: Explanation {
        title: "Liên kết này không còn dùng được",
        text: "Mỗi liên kết có hiệu lực trong ba ngày và chỉ dùng được một lần. \
            Nếu bạn đã khôi phục địa chỉ, hãy đăng nhập bằng địa chỉ đó. \
            Nếu không, hãy liên hệ đơn vị vận hành dịch vụ này để được hỗ trợ.",
    },

    delete_account: "Xóa tài khoản",
    delete_account_lead: "Thao tác này sẽ xóa tài khoản của bạn và đăng xuất bạn khỏi tất cả thiết bị. \
        Không thể hoàn tác.",
    delete_account_apps: "Các ứng dụng có thể vẫn lưu giữ dữ liệu riêng về bạn.",
    delete_confirmation: "Tôi muốn xóa vĩnh viễn tài khoản của mình.",
    delete_unconfirmed: "Vui lòng đánh dấu vào ô để xác nhận rằng bạn muốn xóa tài khoản.",
    account_deleted: Explanation {
        title: "Đã xóa tài khoản của bạn",
        text: "Bạn đã được đăng xuất khỏi tất cả thiết bị. Bạn có thể đóng trang này.",
    },

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
        Chỉ cho phép nếu chính bạn vừa mở ứng dụng.",
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
    this_browser: "Trình duyệt này",
    bound: "Được bảo vệ bằng khóa riêng",
    client: "Ứng dụng",
    last_used: "Lần dùng gần nhất",
    signed_in: "Đăng nhập lúc",
    address: "Địa chỉ IP",
    more_devices: "Còn các thiết bị khác không hiển thị ở đây.",
    sign_out_others: "Đăng xuất khỏi các thiết bị khác",
    device_signed_out: "Đã đăng xuất khỏi thiết bị.",
    others_signed_out: "Đã đăng xuất khỏi tất cả thiết bị khác.",
    password_changed: "Đã đổi mật khẩu.",
    new_device_mails: "Email về thiết bị mới",
    new_device_mails_are_on: "Bạn sẽ nhận được email khi đăng nhập trên thiết bị mới.",
    new_device_mails_are_off: "Bạn không nhận email khi đăng nhập trên thiết bị mới.",
    turn_new_device_mails_on: "Gửi email cho tôi khi tôi đăng nhập trên thiết bị mới",
    turn_new_device_mails_off: "Ngừng gửi các email này",
    new_device_mails_turned_on: "Đã bật email về thiết bị mới.",
    new_device_mails_turned_off: "Đã tắt email về thiết bị mới.",

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
    sign_up_closed: Explanation {
        title: "Không thể tạo tài khoản tại đây",
        text: "Tài khoản do đơn vị vận hành dịch vụ này tạo.",
    },
    email_unchangeable: Explanation {
        title: "Không thể đổi địa chỉ tại đây",
        text: "Tên đăng nhập của bạn không phải là địa chỉ email. \
            Đơn vị vận hành dịch vụ này có thể đổi tên đó.",
    },
    email_taken: Explanation {
        title: "Địa chỉ này thuộc về một tài khoản khác",
        text: "Mỗi địa chỉ email chỉ có thể thuộc về một tài khoản. Để dùng địa chỉ này, \
            hãy xóa tài khoản kia trước hoặc liên hệ đơn vị vận hành dịch vụ này để được hỗ trợ.",
    },
    too_many: Explanation { title: "Vui lòng thử lại sau", text: "Đã có quá nhiều yêu cầu." },
    unavailable: Explanation {
        title: "Dịch vụ tạm thời gián đoạn", text: "Vui lòng thử lại sau giây lát."
    },
    failure: Explanation {
        title: "Đã xảy ra lỗi", text: "Đây là lỗi của chúng tôi. Vui lòng thử lại sau."
    },
};
